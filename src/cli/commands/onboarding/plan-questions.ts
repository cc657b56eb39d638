import type { ChannelCheck, OnboardingPlan } from "../../../contracts/http-onboarding.ts";
import { RouteRule } from "../../../contracts/router-config.ts";
import type { DialogueScreen } from "./dialogue-screen.ts";

/** Where the bot was let in; null for direct messages only. */
export type Place = Pick<ChannelCheck, "channel_id" | "guild_id" | "name"> | null;

type Scope = NonNullable<OnboardingPlan["inbound_scope"]>;
type DirectMessages = NonNullable<OnboardingPlan["direct_message_policy"]>;

/** Asks who shall be answered. @param before the plan so far, from which the answers start */
export async function askPlan(
  screen: DialogueScreen,
  place: Place,
  before: OnboardingPlan,
): Promise<OnboardingPlan> {
  const scope = await askScope(screen, place, before.inbound_scope);
  const inChannels = scope === "dm_only" ? {} : await askMentions(screen, before);
  const direct = await screen.choose<DirectMessages>(
    "Who may write direct messages to the bot?",
    [
      {
        value: "pairing",
        label: "People with a pairing code",
        hint: "“palyra channels pairing-code” makes one",
      },
      { value: "allow", label: "Everybody" },
      { value: "deny", label: "Nobody" },
    ],
    before.direct_message_policy ?? "pairing",
  );
  const allow = await askPeople(
    screen,
    "Only these people (ids with commas between them; empty: no limit)",
    before.allow_from,
  );
  const deny = await askPeople(screen, "Never these people (ids; empty: nobody)", before.deny_from);
  return {
    inbound_scope: scope,
    direct_message_policy: direct,
    allow_from: allow,
    deny_from: deny,
    ...(scope === "allowlisted_guild_channels" && place !== null
      ? { allowed_channels: [...new Set([place.channel_id, ...(before.allowed_channels ?? [])])] }
      : {}),
    ...inChannels,
  };
}

async function askScope(screen: DialogueScreen, place: Place, before: Scope | undefined): Promise<Scope> {
  const name = place?.name ?? "the channel";
  return await screen.choose<Scope>(
    "Where is the bot to answer?",
    [
      ...(place === null
        ? []
        : [
            {
              value: "allowlisted_guild_channels" as const,
              label: `In #${name} and in direct messages`,
            },
          ]),
      { value: "dm_only" as const, label: "In direct messages only" },
      {
        value: "open_guild_channels" as const,
        label: "In every channel it sees",
        hint: "everybody there can use it",
      },
    ],
    before ?? (place === null ? "dm_only" : "allowlisted_guild_channels"),
  );
}

async function askMentions(screen: DialogueScreen, before: OnboardingPlan): Promise<OnboardingPlan> {
  const required = await screen.agreed(
    "In channels, answer only messages that mention the bot?",
    before.require_mention ?? true,
  );
  if (!required) return { require_mention: false };
  const known = (before.mention_patterns ?? []).filter((one) => typeof one === "string");
  const patterns = await screen.text(
    "Other words that count as a mention (with commas between; empty: none)",
    known.join(", "),
    (answer) => faultOf({ mention_patterns: listOf(answer) }),
  );
  return { require_mention: true, mention_patterns: listOf(patterns) };
}

async function askPeople(
  screen: DialogueScreen,
  question: string,
  before: readonly string[] | undefined,
): Promise<string[]> {
  const answer = await screen.text(question, (before ?? []).join(", "), (typed) =>
    faultOf({ allow_from: listOf(typed) }),
  );
  return listOf(answer);
}

/** What is wrong with a part of a plan; null when nothing is. */
function faultOf(part: OnboardingPlan): string | null {
  const parsed = RouteRule.partial().safeParse(part);
  return parsed.success ? null : (parsed.error.issues[0]?.message ?? "is wrong");
}

/** The words of a list with commas. */
export function listOf(text: string): string[] {
  return [...new Set(text.split(",").flatMap((word) => word.trim() || []))];
}
