import type { ApprovalRisk } from "../contracts/approvals.ts";
import { connectorBounds } from "../contracts/connector.ts";
import {
  type MessageChange,
  type MessageRecord,
  type MutationOperation,
  messageAdminBounds,
} from "../contracts/message-admin.ts";
import { cutToBytes } from "../platform/cut-to-bytes.ts";
import { actionDigest } from "./approvals/action-digest.ts";

export interface MutationVerdict {
  readonly risk: ApprovalRisk;
  readonly approvalRequired: boolean;
  /** Machine words that tell how the risk came about. */
  readonly reason: string;
}

const minute = 60_000;
const freshMs = 15 * minute;
const reactionMs = 6 * 60 * minute;
const recentMs = 24 * 60 * minute;

/**
 * How risky it is to change a message, and whether the owner has to say yes first. Pure.
 * @param message the message as it is now
 * @param isDefaultConnector whether everybody's connector is used, and not one of a narrower purpose
 * @param now Unix milliseconds
 */
export function judgeMutation(
  operation: MutationOperation,
  message: Pick<MessageRecord, "is_direct_message" | "is_connector_authored" | "created_at_unix_ms">,
  isDefaultConnector: boolean,
  now: number,
): MutationVerdict {
  const age = Math.max(0, now - message.created_at_unix_ms);
  const own = message.is_connector_authored;
  const isNarrow = !isDefaultConnector && message.is_direct_message;
  const isWide = isDefaultConnector || !message.is_direct_message;
  const verdict = (risk: ApprovalRisk, approvalRequired: boolean): MutationVerdict => ({
    risk,
    approvalRequired,
    reason: [
      operation,
      `channel_scope=${message.is_direct_message ? "direct_message" : "guild_or_shared_channel"}`,
      `connector_scope=${isDefaultConnector ? "default_connector_profile" : "scoped_connector_profile"}`,
      `age_bucket=${age <= freshMs ? "fresh" : age <= recentMs ? "recent" : "stale"}`,
      `connector_authored=${own}`,
    ].join(" "),
  });
  if (operation === "edit") {
    if (own && isNarrow && age <= freshMs) return verdict("low", false);
    return own && age <= recentMs ? verdict("high", isWide) : verdict("critical", true);
  }
  if (operation === "delete") {
    if (own && isNarrow && age <= freshMs) return verdict("medium", true);
    return verdict(own && age <= recentMs ? "high" : "critical", true);
  }
  if (isNarrow && age <= reactionMs) return verdict("low", false);
  return age <= recentMs ? verdict("medium", isWide) : verdict("high", true);
}

/** Digest of a whole request: an approval is good for exactly what was asked, body and thread included. */
export function requestDigest(
  connectorId: string,
  operation: MutationOperation,
  principal: string,
  request: object,
): string {
  return actionDigest([connectorId, operation, principal, request]);
}

/** Characters of a text that are quoted. */
const quoted = 120;

/**
 * What happens to a message, for the owner who decides about it.
 * @param place where it is, as people know it
 * @param message the message as it is now
 */
export function mutationSentence(
  change: MessageChange,
  place: string,
  message: Pick<MessageRecord, "sender_display" | "sender_id" | "is_connector_authored" | "body">,
): string {
  const author = message.is_connector_authored
    ? "the bot's own message"
    : `the message of ${message.sender_display ?? message.sender_id}`;
  const what = `${author} ${quote(message.body)} in ${place}`;
  switch (change.operation) {
    case "edit":
      return `Change ${what} to ${quote(change.body)}.`;
    case "delete":
      return `Delete ${what}.`;
    case "react_add":
      return `Put the reaction ${change.emoji} on ${what}.`;
    case "react_remove":
      return `Take the bot's reaction ${change.emoji} from ${what}.`;
  }
}

/**
 * A message as it may be shown: what people wrote in it without secrets.
 * @param redact the text without secrets
 */
export function redactedMessage(message: MessageRecord, redact: (text: string) => string): MessageRecord {
  const { attachments, body, sender_display: name } = message;
  // What stands for a secret may be longer than the secret was.
  const clean = (text: string, limit: number): string => cutToBytes(redact(text), limit);
  return {
    ...message,
    body: clean(body, messageAdminBounds.body),
    sender_display: name === null ? null : clean(name, messageAdminBounds.display),
    attachments: attachments.map((file) => ({
      ...file,
      filename: file.filename === null ? null : clean(file.filename, connectorBounds.filename),
    })),
  };
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "") return "without text";
  return `“${line.length <= quoted ? line : `${line.slice(0, quoted - 1)}…`}”`;
}
