import type { DescribedMessage } from "../../connectors/router/message-facts.ts";
import { previewRoute } from "../../connectors/router/preview-route.ts";
import type { RuleSet } from "../../connectors/router/rule-set.ts";
import type { OnboardingPlan, PreviewExample } from "../../contracts/http-onboarding.ts";

/** Ids no rule names, for people and places that are not known yet. */
const stranger = "1000000000000000001";
const someGuild = "1000000000000000002";
const otherChannel = "1000000000000000003";
/** Entries of each list that get an example of their own. */
const examplesPerList = 2;

/** Where the account will be tried, when that is known. */
export interface PreviewPlace {
  readonly channelId: string;
  readonly guildId: string | null;
  readonly name: string | null;
}

/**
 * Who would be answered under planned rules: everyday messages, each decided by the very function that routes.
 * @param rules compiled from the configuration as it would be
 * @param plan the account's rule in it
 */
export function previewExamples(
  connectorId: string,
  rules: RuleSet,
  plan: OnboardingPlan,
  place: PreviewPlace | null,
): PreviewExample[] {
  const decide = (
    example: string,
    message: Omit<DescribedMessage, "channel">,
    isPaired = false,
  ): PreviewExample => {
    const described = { senderVerified: true, ...message, channel: connectorId };
    const { accepted, reason, sentence } = previewRoute(described, rules, { isPaired, activeTurns: 0 });
    return { example, answered: accepted, reason, sentence };
  };
  const text = "Hello, what can you do?";
  const channel = place?.channelId ?? plan.allowed_channels?.[0] ?? otherChannel;
  const guild = place?.guildId ?? plan.allowed_guilds?.[0] ?? someGuild;
  const where = whereOf(place, plan);
  const inServer = { text, conversation: channel, guild, addressesBot: true };
  const elsewhere = { text, conversation: otherChannel, guild, addressesBot: true };
  const direct = { text, conversation: stranger, isDirectMessage: true, addressesBot: true };
  const people = (list: readonly string[] | undefined) => (list ?? []).slice(0, examplesPerList);
  return [
    decide("Somebody writes the bot a direct message.", { ...direct, sender: stranger }),
    ...(plan.direct_message_policy === "pairing"
      ? [decide("Somebody who is paired writes a direct message.", { ...direct, sender: stranger }, true)]
      : []),
    decide(`Somebody mentions the bot in ${where}.`, { ...inServer, sender: stranger }),
    decide(`Somebody writes in ${where} without mentioning the bot.`, {
      ...inServer,
      sender: stranger,
      addressesBot: false,
    }),
    ...(channel === otherChannel
      ? []
      : [decide("Somebody mentions the bot in another channel.", { ...elsewhere, sender: stranger })]),
    decide(`Somebody in ${where} mentions the bot and asks for an answer to everybody.`, {
      ...inServer,
      sender: stranger,
      requestedBroadcast: true,
    }),
    ...people(plan.allow_from).map((person) =>
      decide(`${person}, who is in allow_from, mentions the bot in ${where}.`, withPerson(inServer, person)),
    ),
    ...people(plan.deny_from).map((person) =>
      decide(`${person}, who is in deny_from, mentions the bot in ${where}.`, withPerson(inServer, person)),
    ),
  ];
}

function whereOf(place: PreviewPlace | null, plan: OnboardingPlan): string {
  if (place?.name) return `#${place.name}`;
  if (place !== null) return `the channel ${place.channelId}`;
  const [first] = plan.allowed_channels ?? [];
  return first === undefined ? "a server channel" : `the channel ${first}`;
}

/** An entry of a list is a person, or a role that a person has. */
function withPerson<T extends object>(
  message: T,
  entry: string,
): T & Pick<DescribedMessage, "sender" | "roles"> {
  const isRole = /role:|<@&/.test(entry);
  return isRole ? { ...message, sender: stranger, roles: [entry] } : { ...message, sender: entry };
}
