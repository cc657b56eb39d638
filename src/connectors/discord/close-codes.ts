import type { ConnectorReadiness } from "../../contracts/sidecar-status.ts";
import { PalyraError } from "../../platform/errors.ts";

/** A close code after which connecting again cannot help. */
export interface FatalClose {
  readonly readiness: ConnectorReadiness;
  readonly error: PalyraError;
}

/**
 * What a close code of Discord's gateway means for the connector (Discord, "Gateway close event codes").
 * @returns null for codes after which the connection is made again
 */
export function fatalClose(code: number): FatalClose | null {
  switch (code) {
    case 4004:
      return {
        readiness: "auth_failed",
        error: new PalyraError("discord_auth_failed", "Discord refused the bot token."),
      };
    case 4013:
    case 4014:
      return {
        readiness: "misconfigured",
        error: new PalyraError(
          "discord_intents_refused",
          `Discord refused the gateway intents of the bot (code ${code}).`,
        ),
      };
    case 4010:
    case 4011:
      return {
        readiness: "misconfigured",
        error: new PalyraError("config_invalid", `Discord wants the bot to use shards (code ${code}).`, {
          nextStep: "Use the bot in fewer servers; more than one shard is not supported.",
        }),
      };
    case 4012:
      return {
        readiness: "misconfigured",
        error: new PalyraError("config_invalid", "Discord no longer accepts this gateway version.", {
          nextStep: "Update Palyra.",
        }),
      };
    default:
      return null;
  }
}
