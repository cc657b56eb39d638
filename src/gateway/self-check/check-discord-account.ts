import { DiscordAPIError, HTTPError } from "@discordjs/rest";
import { ApplicationFlags } from "discord-api-types/v10";
import { connectingTo, requestWhole } from "../../connectors/discord/bounded-request.ts";
import { DiscordRest } from "../../connectors/discord/discord-rest.ts";
import { networkFault } from "../../connectors/discord/network-fault.ts";
import { type DiscordChannelConfig, discordTokenRef } from "../../contracts/gateway-config.ts";
import type { DiscordFinding } from "../../contracts/self-check.ts";

/** Time for all requests to Discord, in milliseconds. */
const limitMs = 6_000;

/**
 * Asks Discord about one account: whether it can be reached, takes the token, lets the bot read messages, and
 * allows it to connect. No session is started.
 * @param tokens bot tokens by the reference of their secret
 */
export async function checkDiscordAccount(
  account: string,
  settings: DiscordChannelConfig,
  tokens: Readonly<Record<string, string>>,
): Promise<DiscordFinding> {
  const blank: DiscordFinding = {
    account,
    outcome: "disabled",
    bot: null,
    problem: null,
    session_starts: null,
    clock_ahead_ms: null,
  };
  if (!settings.enabled) return blank;
  const signal = AbortSignal.timeout(limitMs);
  let clockAheadMs: number | null;
  try {
    clockAheadMs = await clockAhead(settings.api_base, signal);
  } catch (thrown) {
    const problem = `Discord cannot be reached at ${new URL(settings.api_base).host}: ${networkFault(thrown)}.`;
    return { ...blank, outcome: "unreachable", problem };
  }
  const reached = { ...blank, clock_ahead_ms: clockAheadMs };
  const token = tokens[discordTokenRef(account)]?.trim();
  if (!token) return { ...reached, outcome: "no_token", problem: "Its bot token is not stored." };
  const rest = new DiscordRest(new URL(settings.api_base), token, signal);
  try {
    const bot = await rest.ownUser();
    const [gateway, application] = await Promise.all([rest.gatewayBot(), rest.application()]);
    const { remaining, total, reset_after: resetAfter } = gateway.session_start_limit;
    const known = {
      ...reached,
      bot: bot.username,
      session_starts: { remaining, total, reset_after_ms: resetAfter },
    };
    if (mayReadMessages(application.flags ?? 0)) return { ...known, outcome: "ok" };
    return {
      ...known,
      outcome: "no_intent",
      problem: "The Message Content intent is off, so the bot sees empty messages.",
    };
  } catch (thrown) {
    return { ...reached, ...refusal(thrown) };
  } finally {
    rest.dispose();
  }
}

/** The flags of an application that was let read messages, whether verified or of a small bot (Discord: Application Flags). */
function mayReadMessages(flags: number): boolean {
  const granted = ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited;
  return (flags & granted) !== 0;
}

/** Asks without a token, so that a wrong one does not hide that Discord is there. */
async function clockAhead(apiBase: string, signal: AbortSignal): Promise<number | null> {
  const asked = Date.now();
  const base = new URL(apiBase);
  const url = `${base.href.replace(/\/+$/, "")}/v10/gateway`;
  const response = await requestWhole(url, { signal }, connectingTo(base));
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) return null;
  // The header has whole seconds (RFC 9110, 6.6.1): half of one is right on average.
  return Math.round(date + 500 - (asked + Date.now()) / 2);
}

function refusal(thrown: unknown): Pick<DiscordFinding, "outcome" | "problem"> {
  if (thrown instanceof DiscordAPIError && thrown.status === 401)
    return { outcome: "refused", problem: "Discord refuses the bot token." };
  if (thrown instanceof DiscordAPIError || thrown instanceof HTTPError)
    return { outcome: "unreachable", problem: `Discord answers with the error ${thrown.status}.` };
  return { outcome: "unreachable", problem: `Discord does not answer: ${networkFault(thrown)}.` };
}
