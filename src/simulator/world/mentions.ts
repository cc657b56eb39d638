/** Which mentions of a message count (Discord docs: Message Resource, Allowed Mentions Object). */
export interface AllowedMentions {
  readonly parse: readonly ("users" | "roles" | "everyone")[];
  readonly users: readonly string[];
  readonly roles: readonly string[];
  readonly repliedUser: boolean;
}

/** Used when a request has no `allowed_mentions`. */
export const DEFAULT_ALLOWED_MENTIONS: AllowedMentions = {
  parse: ["users", "roles", "everyone"],
  users: [],
  roles: [],
  repliedUser: true,
};

export interface MentionRules {
  readonly allowed: AllowedMentions;
  /** True when the author holds MENTION_EVERYONE in the channel. */
  readonly mayMentionEveryone: boolean;
  readonly isUser: (id: string) => boolean;
  readonly isRole: (id: string) => boolean;
  readonly isMentionableRole: (id: string) => boolean;
  /** Author of the message that is replied to, when there is one. */
  readonly repliedUserId: string | null;
}

export interface Mentions {
  readonly userIds: string[];
  readonly roleIds: string[];
  readonly everyone: boolean;
}

/**
 * Finds the people, roles and everyone that a text mentions and that may be mentioned.
 * Mentions inside code spans and code blocks do not count.
 */
export function findMentions(content: string, rules: MentionRules): Mentions {
  const text = withoutCode(content);
  const { allowed } = rules;
  const userIds = new Set<string>();
  for (const [, id] of text.matchAll(/<@!?(\d{1,20})>/g)) {
    if (id && rules.isUser(id) && (allowed.parse.includes("users") || allowed.users.includes(id))) {
      userIds.add(id);
    }
  }
  if (rules.repliedUserId !== null && allowed.repliedUser) userIds.add(rules.repliedUserId);
  const roleIds = new Set<string>();
  for (const [, id] of text.matchAll(/<@&(\d{1,20})>/g)) {
    if (!id || !rules.isRole(id)) continue;
    const listed = allowed.parse.includes("roles") || allowed.roles.includes(id);
    if (listed && (rules.mayMentionEveryone || rules.isMentionableRole(id))) roleIds.add(id);
  }
  const everyone =
    rules.mayMentionEveryone && allowed.parse.includes("everyone") && /@(everyone|here)\b/.test(text);
  return { userIds: [...userIds], roleIds: [...roleIds], everyone };
}

function withoutCode(content: string): string {
  return content.replace(/```[\s\S]*?```/g, " ").replace(/`[^`\n]*`/g, " ");
}

/**
 * What Discord's own client does before sending: "@name" and "#name" that a person typed
 * become real mentions. Longest names win; unknown names stay text.
 *
 * @param names lower-case names without sign, and the mention each stands for
 */
export function linkTypedMentions(
  text: string,
  names: { readonly users: ReadonlyMap<string, string>; readonly channels: ReadonlyMap<string, string> },
): string {
  return linkNames(linkNames(text, "@", names.users), "#", names.channels);
}

function linkNames(text: string, sign: "@" | "#", names: ReadonlyMap<string, string>): string {
  const ordered = [...names.keys()].sort((a, b) => b.length - a.length);
  if (ordered.length === 0) return text;
  const choices = ordered.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const pattern = new RegExp(`(^|[^\\p{L}\\p{N}_<])${sign}(${choices})(?![\\p{L}\\p{N}_-])`, "giu");
  return text.replace(pattern, (whole, before: string, name: string) => {
    const id = names.get(name.toLowerCase());
    return id === undefined ? whole : `${before}<${sign}${id}>`;
  });
}
