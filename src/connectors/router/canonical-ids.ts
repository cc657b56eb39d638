/** Provider of a connector: what stands before the first colon of its id, e.g. `discord`. */
export function providerOf(connectorId: string): string {
  return connectorId.trim().toLowerCase().split(":", 1)[0] ?? "";
}

/**
 * Canonical id of a person: trimmed, lower-case, `PROVIDER:user:ID`. Takes raw ids, `<@ID>`, `<@!ID>`, `user:ID`
 * and the canonical form; a blank one becomes `PROVIDER:user:unknown`. Idempotent.
 */
export function canonicalSender(provider: string, raw: string): string {
  return `${provider}:user:${bareId(raw, [`${provider}:user:`, "user:"], /^<@!?([^<>]*)>$/) || "unknown"}`;
}

/** Canonical id of a role: `PROVIDER:role:ID`. Takes raw ids, `<@&ID>`, `role:ID` and the canonical form. */
export function canonicalRole(provider: string, raw: string): string {
  return `${provider}:role:${bareId(raw, [`${provider}:role:`, "role:"], /^<@&([^<>]*)>$/) || "unknown"}`;
}

/**
 * Canonical id of a conversation: `PROVIDER:channel:ID`. Takes raw ids, `<#ID>`, `channel:ID`, `thread:ID` and the
 * canonical form; a blank one becomes `PROVIDER:channel:unknown`. Idempotent.
 */
export function canonicalConversation(provider: string, raw: string): string {
  const prefixes = [`${provider}:channel:`, "channel:", "thread:"];
  return `${provider}:channel:${bareId(raw, prefixes, /^<#([^<>]*)>$/) || "unknown"}`;
}

/** Canonical id of a server: `PROVIDER:guild:ID`. */
export function canonicalGuild(provider: string, raw: string): string {
  return `${provider}:guild:${bareId(raw, [`${provider}:guild:`, "guild:"], null) || "unknown"}`;
}

/** Canonical form of an entry of an allow or deny list, a person or a role; null for a blank one. */
export function canonicalListEntry(provider: string, raw: string): string | null {
  const entry = raw.trim().toLowerCase();
  if (entry === "") return null;
  const isRole =
    entry.startsWith("<@&") || entry.startsWith("role:") || entry.startsWith(`${provider}:role:`);
  return isRole ? canonicalRole(provider, entry) : canonicalSender(provider, entry);
}

/** Whether a canonical id names nobody. */
export function isUnknown(canonical: string): boolean {
  return canonical.endsWith(":unknown");
}

/** Takes wrappings and prefixes away until none is left, so that a canonical id stays what it is. */
function bareId(raw: string, prefixes: readonly string[], wrapping: RegExp | null): string {
  let id = raw.trim().toLowerCase();
  for (;;) {
    const prefix = prefixes.find((candidate) => id.startsWith(candidate));
    const inner = prefix !== undefined ? id.slice(prefix.length) : wrapping?.exec(id)?.[1];
    if (inner === undefined) return id;
    id = inner.trim();
  }
}
