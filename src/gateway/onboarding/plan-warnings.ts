import type { OnboardingPlan } from "../../contracts/http-onboarding.ts";

/**
 * What somebody should know before a plan is used, in plain sentences; the more it opens, the more there are.
 * @param plan the account's rule as it would be, with its defaults
 * @param openIsConfirmed whether the owner has said yes to an open scope
 */
export function planWarnings(plan: OnboardingPlan, openIsConfirmed: boolean): string[] {
  const warnings: string[] = [];
  const hasAllowList = (plan.allow_from ?? []).length > 0;
  switch (plan.inbound_scope) {
    case "allowlisted_guild_channels":
      if ((plan.allowed_channels ?? []).length === 0) {
        warnings.push("No server channel is chosen yet: in servers nobody is answered.");
      }
      if (!hasAllowList) warnings.push("Everybody who can write in the chosen channels is answered.");
      break;
    case "open_guild_channels":
      warnings.push(
        "Everybody in every server channel the bot sees can be answered; keep this for a short time.",
      );
      if (!openIsConfirmed) warnings.push("To apply this scope it has to be confirmed.");
      if (plan.require_mention === false) {
        warnings.push("The bot answers every message in these channels, also those not meant for it.");
      }
      break;
    default:
      warnings.push("Only direct messages are answered; messages in servers are not.");
  }
  if (plan.direct_message_policy === "allow" && !hasAllowList) {
    warnings.push(
      "Anybody who shares a server with the bot can write direct messages to it and is answered.",
    );
  }
  if (plan.broadcast_strategy === "allow") {
    warnings.push("Anybody who is answered can have an answer sent to everybody.");
  }
  return warnings;
}
