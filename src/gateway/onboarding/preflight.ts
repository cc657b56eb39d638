import { invitePermissions } from "../../connectors/discord/admin/operations.ts";
import { DiscordRest } from "../../connectors/discord/discord-rest.ts";
import { checkApiBase } from "../../connectors/discord/egress.ts";
import { hearHello } from "../../connectors/discord/onboarding/hear-hello.ts";
import { inviteUrl } from "../../connectors/discord/onboarding/invite-url.ts";
import {
  type AccountProbe,
  type Finding,
  finding,
  probeAccount,
} from "../../connectors/discord/onboarding/probe-account.ts";
import { ruleWarnings } from "../../connectors/router/rule-warnings.ts";
import { discordConnectorId, discordTokenRef } from "../../contracts/gateway-config.ts";
import type { Preflight, ProbeRequest } from "../../contracts/http-onboarding.ts";
import { PalyraError } from "../../platform/errors.ts";
import { routingConfigOf } from "../routing-config.ts";
import { type OnboardingParts, storedSecret } from "./onboarding-parts.ts";
import { planWarnings } from "./plan-warnings.ts";
import type { PlannedConfig } from "./planned-config.ts";
import { previewExamples } from "./preview-examples.ts";

/** Longest time of one request to Discord, and of all together, in milliseconds. */
const requestMs = 5_000;
const probeMs = 20_000;
/** A longer wait for a rate limit is told instead of waited for, in milliseconds. */
const patienceMs = 2_000;

/** A preflight with what those who go on need of it. */
export interface PreflightResult {
  readonly preflight: Preflight;
  /** Why setting up cannot go on, the most important first; empty when it can. */
  readonly faults: readonly PalyraError[];
  /** The token to be used; null when there is none. */
  readonly token: string | null;
  /** The one that is stored now; null when there is none. */
  readonly storedToken: string | null;
}

/** A connection to Discord's API for one task; its signal ends it at the latest after a fixed time. */
export function taskRest(apiBase: URL, token: string, signal: AbortSignal): DiscordRest {
  return new DiscordRest(
    apiBase,
    token,
    AbortSignal.any([signal, AbortSignal.timeout(probeMs)]),
    requestMs,
    patienceMs,
  );
}

/**
 * Finds out whether an account could be set up as wished, and who would be answered then. Changes nothing.
 * @throws `secret_store_unavailable`, `secrets_elsewhere` when the stored token cannot be asked for
 */
export async function runPreflight(
  parts: OnboardingParts,
  asked: Pick<ProbeRequest, "account_id" | "token" | "verify_channel_id">,
  planned: PlannedConfig,
  options: { readonly openIsConfirmed: boolean; readonly signal: AbortSignal },
): Promise<PreflightResult> {
  const { account_id: account } = asked;
  const { signal } = options;
  const connectorId = discordConnectorId(account);
  const apiBase = checkApiBase(planned.section.api_base);
  const storedToken = await storedSecret(parts, discordTokenRef(account), signal);
  const token = asked.token ?? storedToken;
  if (asked.token !== undefined) parts.hide(asked.token);
  const { probe, findings } =
    token === null
      ? { probe: nothingKnown, findings: [noToken(account)] }
      : await probeAll(parts, {
          account,
          token,
          apiBase,
          channelId: asked.verify_channel_id ?? null,
          signal,
        });
  const applicationId = probe.application?.id ?? probe.bot?.id ?? null;
  const place =
    probe.channel === null
      ? null
      : { channelId: probe.channel.channel_id, guildId: probe.channel.guild_id, name: probe.channel.name };
  const faults = findings.flatMap(({ fault }) => fault ?? []);
  const preflight: Preflight = {
    account_id: account,
    connector_id: connectorId,
    is_configured: planned.isConfigured,
    token_source: asked.token === undefined ? "stored" : "typed",
    ready: faults.length === 0,
    checks: findings.map(({ check }) => check),
    bot: probe.bot,
    application: probe.application,
    invite_url: applicationId === null ? null : inviteUrl(applicationId),
    required_permissions: invitePermissions.map(({ label }) => label),
    session_starts: probe.sessionStarts,
    channel: probe.channel,
    planned: planned.plan,
    warnings: planWarnings(planned.plan, options.openIsConfirmed),
    policy_warnings: ruleWarnings(routingConfigOf(planned.parsed.config)),
    routing_preview: previewExamples(connectorId, planned.parsed.rules, planned.plan, place),
  };
  return { preflight, faults, token, storedToken };
}

const nothingKnown: AccountProbe = {
  bot: null,
  application: null,
  sessionStarts: null,
  channel: null,
  findings: [],
};

function noToken(account: string): Finding {
  const message = `No bot token is stored for the account “${account}”.`;
  const nextStep = "Give the token of the bot; you find it in Discord's developer portal, under Bot.";
  const fault = new PalyraError("secret_missing", message, { nextStep });
  return finding("token", "failed", message, nextStep, fault);
}

interface Wanted {
  readonly account: string;
  readonly token: string;
  readonly apiBase: URL;
  readonly channelId: string | null;
  readonly signal: AbortSignal;
}

async function probeAll(
  parts: OnboardingParts,
  wanted: Wanted,
): Promise<{ probe: AccountProbe; findings: readonly Finding[] }> {
  const rest = taskRest(wanted.apiBase, wanted.token, wanted.signal);
  try {
    const probe = await probeAccount({
      rest,
      apiBase: wanted.apiBase,
      channelId: wanted.channelId,
      signal: wanted.signal,
      hearHello,
    });
    const unique = await uniqueness(parts, wanted, probe.bot?.id ?? null);
    const [first, ...others] = probe.findings;
    return { probe, findings: first === undefined ? [unique] : [first, unique, ...others] };
  } finally {
    rest.dispose();
  }
}

/** Two accounts on one bot would answer everything twice. */
async function uniqueness(parts: OnboardingParts, wanted: Wanted, botId: string | null): Promise<Finding> {
  const accounts = Object.keys(parts.config.current.config.channels.discord);
  for (const other of accounts) {
    if (other === wanted.account) continue;
    const hasToken = (await storedSecret(parts, discordTokenRef(other), wanted.signal)) === wanted.token;
    const hasBot = botId !== null && runningBot(parts, other) === botId;
    if (!hasToken && !hasBot) continue;
    const message = `The account “${other}” uses the same bot.`;
    const nextStep = `Use the account “${other}”, or give this one a bot of its own.`;
    const fault = new PalyraError("conflict", message, { nextStep });
    return finding("account_unique", "failed", message, nextStep, fault);
  }
  return finding("account_unique", "ok", "No other account uses this bot.");
}

function runningBot({ channels }: OnboardingParts, account: string): string | null {
  const connectorId = discordConnectorId(account);
  if (!channels.connectors.ids().includes(connectorId)) return null;
  return channels.connectors.running(connectorId)?.adapter.state().accountId ?? null;
}
