import type { ApplyResponse, OnboardingPlan } from "../../contracts/http-onboarding.ts";
import type { DirectMessagePolicy } from "../../contracts/router-config.ts";
import type { Account, Channel, Credential, Guild, Preflight } from "./discord-desk.ts";

/** Where messages are answered: each choice includes the ones before it. */
export type Reach = "direct" | "channel" | "server" | "everywhere";
/** Which messages in a server are meant for the bot. */
export type Calling = "mention" | "words" | "every";

/** Who is to be answered, as the user chose it; lists as they were typed. */
export interface Choices {
  readonly reach: Reach;
  readonly calling: Calling;
  readonly words: string;
  readonly directMessages: DirectMessagePolicy;
  readonly allow: string;
  readonly deny: string;
}

/** Everything the dialogue knows so far. Lives in memory only; the token is in no other place. */
export interface DiscordDraft {
  readonly accounts: readonly Account[];
  readonly account: string;
  /** As it was typed; null = the stored one of the account. */
  readonly token: string | null;
  /** Null = Discord itself, or what the account's section says. */
  readonly apiBase: string | null;
  /** Address of the page where people of the simulated Discord write; null with the real one. */
  readonly simulatedPage: string | null;
  readonly preflight: Preflight | null;
  /** Null = none is wanted; undefined = not asked yet. */
  readonly guild: Guild | null | undefined;
  readonly channel: Channel | null;
  readonly choices: Choices;
  readonly applied: ApplyResponse | null;
}

const firstChoices: Choices = {
  reach: "channel",
  calling: "mention",
  words: "",
  directMessages: "pairing",
  allow: "",
  deny: "",
};

/** A draft in which nothing is answered yet. */
export function newDraft(accounts: readonly Account[], account: string): DiscordDraft {
  return {
    accounts,
    account,
    token: null,
    apiBase: null,
    simulatedPage: null,
    preflight: null,
    guild: undefined,
    channel: null,
    choices: firstChoices,
    applied: null,
  };
}

/** A name that no account has yet: `default`, then `account-2` and so on. */
export function freeAccountName(accounts: readonly Account[]): string {
  const taken = new Set(accounts.map(({ account_id }) => account_id));
  if (!taken.has("default")) return "default";
  let number = 2;
  while (taken.has(`account-${number}`)) number += 1;
  return `account-${number}`;
}

export function credentialOf({ account, token, apiBase }: DiscordDraft): Credential {
  return {
    account_id: account,
    ...(token === null ? {} : { token }),
    ...(apiBase === null ? {} : { api_base: apiBase }),
  };
}

/** The draft after a preflight: an account that exists keeps its own rules as the first choice. */
export function withPreflight(draft: DiscordDraft, preflight: Preflight): DiscordDraft {
  const isFirst = draft.preflight === null;
  const choices =
    preflight.is_configured && isFirst ? choicesOf(preflight.planned, draft.choices) : draft.choices;
  return { ...draft, preflight, choices };
}

function choicesOf(plan: OnboardingPlan, otherwise: Choices): Choices {
  const { inbound_scope, require_mention, mention_patterns = [], allowed_guilds = [] } = plan;
  const words = mention_patterns.filter((pattern) => typeof pattern === "string");
  const reach: Reach =
    inbound_scope === "dm_only"
      ? "direct"
      : inbound_scope !== "open_guild_channels"
        ? "channel"
        : allowed_guilds.length > 0
          ? "server"
          : "everywhere";
  return {
    reach,
    calling: require_mention === false ? "every" : words.length > 0 ? "words" : "mention",
    words: words.join(", "),
    directMessages: plan.direct_message_policy ?? otherwise.directMessages,
    allow: (plan.allow_from ?? []).join(", "),
    deny: (plan.deny_from ?? []).join(", "),
  };
}

/** Whether a server is wanted, as far as is known: until it is asked, it is taken for granted. */
export function wantsServer({ guild }: Pick<DiscordDraft, "guild">): boolean {
  return guild !== null;
}

/** The reach that can be meant with what was chosen before: without a server only direct messages. */
export function possibleReach(draft: Pick<DiscordDraft, "guild" | "choices">): Reach {
  return wantsServer(draft) ? draft.choices.reach : "direct";
}

/** The rule of the account that follows from the choices. Places that an account has already are kept. */
export function planOf(draft: DiscordDraft): OnboardingPlan {
  const { choices, guild, channel, preflight } = draft;
  const before = preflight?.is_configured === true ? preflight.planned : {};
  const people = {
    direct_message_policy: choices.directMessages,
    allow_from: entriesOf(choices.allow),
    deny_from: entriesOf(choices.deny),
  };
  const reach = possibleReach(draft);
  if (reach === "direct" || channel === null) return { inbound_scope: "dm_only", ...people };
  const calling = {
    require_mention: choices.calling !== "every",
    mention_patterns: choices.calling === "words" ? entriesOf(choices.words) : [],
  };
  if (reach === "channel") {
    const allowed_channels = union(before.allowed_channels, [channel.channel_id]);
    return { inbound_scope: "allowlisted_guild_channels", allowed_channels, ...calling, ...people };
  }
  const allowed_guilds =
    reach === "everywhere" || guild == null ? [] : union(before.allowed_guilds, [guild.guild_id]);
  return { inbound_scope: "open_guild_channels", allowed_guilds, ...calling, ...people };
}

function union(before: readonly string[] | undefined, more: readonly string[]): string[] {
  return [...new Set([...(before ?? []), ...more])];
}

/** What was typed into a list, one entry per comma or line. */
export function entriesOf(typed: string): string[] {
  const entries = typed
    .split(/[,;\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return [...new Set(entries)];
}

const personForms = [/^\d{16,20}$/, /^<@[!&]?\d{16,20}>$/, /^discord:(?:user|role):\d{16,20}$/];

/** What is wrong with a typed list of people; null when nothing is. Names are refused: anybody can take one. */
export function peopleFault(typed: string): string | null {
  const wrong = entriesOf(typed).find((entry) => !personForms.some((form) => form.test(entry)));
  if (wrong === undefined) return null;
  const shown = wrong.length > 40 ? `${wrong.slice(0, 40)}…` : wrong;
  return `“${shown}” is not an id. In Discord, turn on Developer Mode, then right-click a person or role and copy the id.`;
}

/** What is wrong with a typed token; null when it can be tried. */
export function tokenFault(typed: string): string | null {
  return /^[!-~]{20,}$/.test(bareToken(typed)) ? null : "A token is one word of at least 20 characters.";
}

/** The token without white space around it and without the word people copy along. */
export function bareToken(typed: string): string {
  return typed.trim().replace(/^bot\s+/i, "");
}
