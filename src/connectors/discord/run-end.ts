import type { ErrorDetails } from "../../contracts/errors.ts";
import type { DiscordFacts } from "./discord-state.ts";

/** Why one run with one token ended. */
export type RunEnd = "stopped" | "token_changed" | "refused" | "store_fault";

/** Errors after which the adapter tries again by itself. */
const mendedByWaiting: ReadonlySet<ErrorDetails["code"]> = new Set([
  "discord_unreachable",
  "secret_store_unavailable",
  "service_unavailable",
  "storage_failed",
  "internal_error",
]);

/** Whether waiting can help; everything else needs a person first. */
export function mendsItself(end: ErrorDetails | "store_fault"): boolean {
  return end === "store_fault" || mendedByWaiting.has(end.code);
}

/** What an error before the connection says about the readiness. */
export function readinessAfter(error: ErrorDetails): Partial<DiscordFacts> {
  switch (error.code) {
    case "discord_auth_failed":
      return { readiness: "auth_failed", tokenAccepted: false };
    case "secret_missing":
    case "secrets_elsewhere":
      return { readiness: "missing_credential", tokenAccepted: false };
    case "config_invalid":
      return { readiness: "misconfigured", tokenAccepted: false };
    default:
      return {};
  }
}
