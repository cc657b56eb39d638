import { FailureClass } from "./connector.ts";

/** Every reason for which a message is not answered, with the sentence people read. */
export const refusalSentences = {
  channel_router_disabled: "Answering is switched off for all channels.",
  channel_missing: "The message does not say which connector it came through.",
  channel_disabled: "Answering is switched off for this channel.",
  sender_denied: "The person, or a role of theirs, is on the list of people who are never answered.",
  message_empty: "There was nothing to answer.",
  message_oversized: "The message is longer than the router allows.",
  outside_inbound_scope: "Only direct messages are answered.",
  guild_not_allowlisted: "The server is not on the list of allowed ones.",
  conversation_not_allowlisted: "The conversation is not on the list of allowed ones.",
  sender_missing_for_allowlist: "Only listed people are answered, and this message has no sender.",
  sender_unverified_for_allowlist: "Only listed people are answered, and the sender is not verified.",
  sender_not_allowlisted: "The person is not on the list of people who are answered.",
  direct_message_denied_by_policy: "Direct messages are not answered.",
  sender_missing_for_dm_pairing: "Direct messages need a paired person, and this message has no sender.",
  sender_unverified_for_dm_pairing: "Direct messages need a paired person, and the sender is not verified.",
  direct_message_pairing_code: "The message is a pairing code, not a question.",
  direct_message_pairing_required: "The person is not paired yet.",
  no_matching_mention_or_dm_policy: "The bot was not mentioned.",
  broadcast_denied_by_policy: "Answers to everybody are not allowed here.",
  broadcast_requires_mention_match: "Answers to everybody need a mention of the bot.",
} as const;

export type RefusalReason = keyof typeof refusalSentences;

/** Reasons for which an answer that was begun is not given. */
export const endingSentences = {
  stopped_by_person: "A person stopped the answer.",
} as const;

/** Every reason for which a message waits; it is kept and taken up again. */
export const waitingSentences = {
  concurrency_limit_reached: "As many messages as allowed are being answered; this one is next.",
} as const;

export type WaitReason = keyof typeof waitingSentences;

/** Why a message could not be delivered, by the class of its failure. */
const undeliveredSentences: Readonly<Record<FailureClass, string>> = {
  auth_failed: "The bot's token was refused.",
  missing_access: "The bot may not see this conversation.",
  missing_permissions: "The bot may not write in this conversation.",
  unknown_target: "The conversation no longer exists.",
  recipient_refuses: "The person does not accept messages from the bot.",
  invalid_request: "The message was refused.",
  expired: "It could not be sent for too long.",
  attempts_exhausted: "Sending it failed too often.",
};

/**
 * Why a message was given up, in words for people.
 * @param reason as it is stored: the class of the failure, a colon, and what was said
 */
export function undeliveredSentence(reason: string): string {
  const [, name, said = ""] = /^([a-z_]+): ?(.*)$/s.exec(reason) ?? [];
  const known = FailureClass.safeParse(name);
  if (!known.success) return reason;
  const sentence = undeliveredSentences[known.data];
  return said === "" ? sentence : `${sentence} ${said.charAt(0).toUpperCase()}${said.slice(1)}`;
}
