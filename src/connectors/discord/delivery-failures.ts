import { DiscordAPIError, HTTPError, RateLimitError } from "@discordjs/rest";
import type { DeliveryOutcome, FailureClass } from "../../contracts/connector.ts";
import { networkFault } from "./network-fault.ts";

/** Discord's JSON error codes that say something about the target, not about the bot. */
const targetFailures: Readonly<Record<number, FailureClass>> = {
  10003: "unknown_target",
  10004: "unknown_target",
  10008: "unknown_target",
  10013: "unknown_target",
  50001: "missing_access",
  50007: "recipient_refuses",
  50013: "missing_permissions",
  50278: "recipient_refuses",
};

/**
 * What a failed request says about the delivery, from Discord's error codes and the HTTP status alone
 * (Discord, "Opcodes and status codes").
 */
export function outcomeOfFailure(thrown: unknown): DeliveryOutcome {
  if (thrown instanceof RateLimitError) {
    const waits = [thrown.retryAfter, thrown.timeToReset, thrown.sublimitTimeout].filter(Number.isFinite);
    const wait = Math.max(0, ...waits);
    return {
      kind: "retry",
      class: "rate_limit",
      reason: "rate limited by Discord",
      retry_after_ms: Math.ceil(wait),
    };
  }
  if (thrown instanceof DiscordAPIError) return outcomeOfApiError(thrown);
  const reason =
    thrown instanceof HTTPError
      ? `Discord answered ${thrown.status}`
      : `Discord could not be reached: ${networkFault(thrown)}`;
  return { kind: "retry", class: "transient_network", reason, retry_after_ms: null };
}

function outcomeOfApiError(error: DiscordAPIError): DeliveryOutcome {
  const reason = `${error.message} (${error.status}, code ${error.code})`;
  const failure = failureClassOf(error);
  return failure === null
    ? { kind: "retry", class: "transient_network", reason, retry_after_ms: null }
    : { kind: "permanent_failure", class: failure, reason };
}

function failureClassOf(error: DiscordAPIError): FailureClass | null {
  if (error.status === 401) return "auth_failed";
  const ofTarget = typeof error.code === "number" ? targetFailures[error.code] : undefined;
  if (ofTarget !== undefined) return ofTarget;
  if (error.status === 403) return "missing_permissions";
  if (error.status === 404) return "unknown_target";
  if (error.status === 408) return null;
  return "invalid_request";
}
