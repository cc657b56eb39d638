import { createHash } from "node:crypto";
import type { MessageRecord } from "../contracts/message-admin.ts";

export type MutationOperation = "edit" | "delete" | "react_add" | "react_remove";
export type MutationRisk = "low" | "medium" | "high" | "critical";

export interface MutationVerdict {
  readonly risk: MutationRisk;
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
  const verdict = (risk: MutationRisk, approvalRequired: boolean): MutationVerdict => ({
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
  const text = JSON.stringify([connectorId, operation, principal, ordered(request)]);
  return createHash("sha256").update(text).digest("hex");
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]));
}
