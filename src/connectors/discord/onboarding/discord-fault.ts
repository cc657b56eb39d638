import { DiscordAPIError, HTTPError, RateLimitError } from "@discordjs/rest";
import { PalyraError } from "../../../platform/errors.ts";
import { networkFault } from "../network-fault.ts";

/** Why Discord did not do what was asked, as an error somebody who sets up a bot understands. */
export function discordFault(thrown: unknown, apiBase: URL): PalyraError {
  if (thrown instanceof PalyraError) return thrown;
  if (thrown instanceof RateLimitError) {
    const seconds = Math.max(1, Math.round(Math.max(thrown.retryAfter, thrown.sublimitTimeout) / 1000));
    return new PalyraError("rate_limited", `Discord asks to wait ${seconds} s before the next request.`, {
      nextStep: `Wait ${seconds} s, then try again.`,
      cause: thrown,
    });
  }
  const status = thrown instanceof DiscordAPIError || thrown instanceof HTTPError ? thrown.status : null;
  if (status === null) {
    const message = `Discord cannot be reached at ${apiBase.host}: ${networkFault(thrown)}.`;
    return new PalyraError("discord_unreachable", message, {
      nextStep: "Check the network, then try again.",
      cause: thrown,
    });
  }
  switch (status) {
    case 401:
      return new PalyraError("discord_auth_failed", "Discord refused the bot token.", {
        nextStep:
          "Copy the token from Discord's developer portal, under Bot, or reset it there; then try again.",
        cause: thrown,
      });
    case 403:
      return new PalyraError("forbidden", "Discord does not let the bot see this.", {
        nextStep: "Give the bot's role the right to see it, or choose another one.",
        cause: thrown,
      });
    case 404:
      return new PalyraError("not_found", "Discord does not know this, or the bot is not there.", {
        nextStep: "Check the id, and that the bot was invited to the server.",
        cause: thrown,
      });
    default:
      return new PalyraError("discord_unreachable", `Discord answered with the error ${status}.`, {
        nextStep: "Try again in a moment.",
        cause: thrown,
      });
  }
}
