const encoder = new TextEncoder();

/**
 * Part of a key: trimmed, blank becomes `default`; ASCII letters, digits, `.`, `-` and `_` stay; every other
 * character becomes `~` and two hex digits for each byte of its UTF-8. Reversible, so that two different ids do not share a key.
 */
export function keyComponent(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "default";
  return trimmed.replace(/[^A-Za-z0-9._-]/gu, (character) =>
    [...encoder.encode(character)].map((byte) => `~${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}

/** Key of a conversation of a connector. */
export function routeKey(channel: string, conversation: string | null): string {
  return `channel:${channel}:conversation:${keyComponent(conversation ?? "")}`;
}

/** Key of a session: the conversation, or each person in it when `isolate` is set. */
export function sessionKey(route: string, sender: string | null, isolate: boolean): string {
  if (!isolate) return route;
  return `${route}:sender:${sender === null ? "unknown" : keyComponent(sender)}`;
}
