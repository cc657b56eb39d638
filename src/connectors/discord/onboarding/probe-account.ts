import type * as z from "zod";
import type {
  ChannelCheck,
  CheckId,
  CheckStatus,
  OnboardingCheck,
} from "../../../contracts/http-onboarding.ts";
import { messageOf, PalyraError } from "../../../platform/errors.ts";
import { lookAtChannel } from "../admin/channel-access.ts";
import type { DiscordRest } from "../discord-rest.ts";
import { mayConnectTo } from "../egress.ts";
import { type ApplicationIntents, applicationIntents } from "./application-intents.ts";
import { channelCheck } from "./bot-places.ts";
import { discordFault } from "./discord-fault.ts";
import { BotApplication, BotGateway, BotUser, expectedAnswer } from "./expected-answer.ts";

/** Fewer session starts than this are told as a warning. */
const fewSessionStarts = 10;
/** Longest wait for the gateway's hello, in milliseconds. */
const helloTimeoutMs = 5_000;
/** Without these the bot cannot work in a channel; the others only make its answers poorer. */
const essentialPermissions: ReadonlySet<string> = new Set([
  "View Channels",
  "Send Messages",
  "Read Message History",
]);

/** One check, and the error with which setting up ends because of it; null when it can go on. */
export interface Finding {
  readonly check: OnboardingCheck;
  readonly fault: PalyraError | null;
}

/** What Discord says about a bot before it is connected. */
export interface AccountProbe {
  readonly bot: { readonly id: string; readonly username: string } | null;
  readonly application: {
    readonly id: string;
    readonly name: string;
    readonly is_public: boolean;
    readonly intents: ApplicationIntents;
  } | null;
  readonly sessionStarts: {
    readonly total: number;
    readonly remaining: number;
    readonly reset_after_ms: number;
  } | null;
  readonly channel: ChannelCheck | null;
  readonly findings: readonly Finding[];
}

export interface ProbeOptions {
  readonly rest: Pick<
    DiscordRest,
    "ownUser" | "application" | "gatewayBot" | "ownGuilds" | "channel" | "guild" | "member"
  >;
  readonly apiBase: URL;
  /** Also look at what the bot may do in this channel. */
  readonly channelId: string | null;
  readonly signal: AbortSignal;
  /** Connects to the gateway until it says hello, without starting a session. */
  readonly hearHello: (url: string, timeoutMs: number, signal: AbortSignal) => Promise<void>;
}

/** Asks Discord everything that has to be right before a bot is connected. Changes nothing there. */
export async function probeAccount(options: ProbeOptions): Promise<AccountProbe> {
  const { rest, apiBase, channelId } = options;
  let user: z.infer<typeof BotUser>;
  try {
    user = expectedAnswer(BotUser, await rest.ownUser());
  } catch (thrown) {
    const fault = discordFault(thrown, apiBase);
    const status = fault.code === "discord_auth_failed" ? "failed" : "unknown";
    const findings = [finding("token", status, fault.message, fault.nextStep, fault)];
    return { bot: null, application: null, sessionStarts: null, channel: null, findings };
  }
  const known = finding("token", "ok", `The token belongs to the bot ${user.username}.`);
  const [application, gateway, servers, place] = await Promise.all([
    probeApplication(options),
    probeGateway(options),
    probeServers(options),
    channelId === null ? null : probeChannel(options, channelId, user.id),
  ]);
  return {
    bot: { id: user.id, username: user.username },
    application: application.application,
    sessionStarts: gateway.sessionStarts,
    channel: place?.channel ?? null,
    findings: [
      known,
      ...application.findings,
      ...gateway.findings,
      servers,
      ...(place === null ? [] : [place.finding]),
    ],
  };
}

export function finding(
  id: CheckId,
  status: CheckStatus,
  message: string,
  nextStep: string | null = null,
  fault: PalyraError | null = null,
): Finding {
  return { check: { id, status, message, next_step: nextStep }, fault };
}

async function probeApplication({
  rest,
  apiBase,
}: ProbeOptions): Promise<Pick<AccountProbe, "application" | "findings">> {
  let found: z.infer<typeof BotApplication>;
  try {
    found = expectedAnswer(BotApplication, await rest.application());
  } catch (thrown) {
    const { message, nextStep } = discordFault(thrown, apiBase);
    const why = `What the application may do is not known. ${message}`;
    return { application: null, findings: [finding("application", "unknown", why, nextStep)] };
  }
  const intents = applicationIntents(found.flags ?? 0);
  const application = { id: found.id, name: found.name, is_public: found.bot_public !== false, intents };
  const invitable = application.is_public
    ? finding("application", "ok", `The application is “${found.name}”.`)
    : finding(
        "application",
        "warning",
        `The application “${found.name}” is private: only its owner can invite the bot.`,
        "Invite the bot yourself, or make it public in the developer portal, under Bot.",
      );
  return { application, findings: [invitable, contentFinding(intents), membersFinding(intents)] };
}

function contentFinding({ message_content: state }: ApplicationIntents): Finding {
  if (state !== "disabled") {
    return finding("message_content_intent", "ok", "The bot may read what people write.");
  }
  const message = "The Message Content intent is off: Discord would refuse the connection.";
  const nextStep =
    "Switch on “Message Content Intent” in Discord's developer portal, under Bot, then try again.";
  const fault = new PalyraError("discord_intents_refused", message, { nextStep });
  return finding("message_content_intent", "failed", message, nextStep, fault);
}

function membersFinding({ guild_members: state }: ApplicationIntents): Finding {
  const isOn = state !== "disabled";
  return finding(
    "guild_members_intent",
    "ok",
    isOn
      ? "The Server Members intent is on; it is not used."
      : "The Server Members intent is off; it is not needed.",
  );
}

async function probeGateway({
  rest,
  apiBase,
  signal,
  hearHello,
}: ProbeOptions): Promise<Pick<AccountProbe, "sessionStarts" | "findings">> {
  let information: z.infer<typeof BotGateway>;
  try {
    information = expectedAnswer(BotGateway, await rest.gatewayBot());
  } catch (thrown) {
    const fault = discordFault(thrown, apiBase);
    const findings = [finding("gateway", "unknown", fault.message, fault.nextStep, fault)];
    return { sessionStarts: null, findings };
  }
  const { total, remaining, reset_after: resetAfter } = information.session_start_limit;
  const sessionStarts = { total, remaining, reset_after_ms: resetAfter };
  const starts = startsFinding(remaining, total, resetAfter);
  const failed = (why: string): Finding => {
    const message = `The gateway of Discord cannot be reached: ${why}.`;
    const nextStep = "Let WebSocket connections to Discord through your firewall or proxy, then try again.";
    const fault = new PalyraError("discord_unreachable", message, { nextStep });
    return finding("gateway", "failed", message, nextStep, fault);
  };
  if (!mayConnectTo(information.url, apiBase)) {
    return { sessionStarts, findings: [failed("its address is on a foreign host"), starts] };
  }
  try {
    await hearHello(information.url, helloTimeoutMs, signal);
    return { sessionStarts, findings: [finding("gateway", "ok", "The gateway of Discord answers."), starts] };
  } catch (thrown) {
    return { sessionStarts, findings: [failed(messageOf(thrown)), starts] };
  }
}

function startsFinding(remaining: number, total: number, resetAfterMs: number): Finding {
  const minutes = Math.ceil(resetAfterMs / 60_000);
  if (remaining > 0) {
    const message = `Discord allows the bot ${remaining} of ${total} connections until the next reset.`;
    return remaining >= fewSessionStarts
      ? finding("session_starts", "ok", message)
      : finding("session_starts", "warning", message, "Find out why the bot connects so often.");
  }
  const message = `Discord allows the bot no further connection for about ${minutes} minutes.`;
  const nextStep = `Try again in ${minutes} minutes.`;
  const fault = new PalyraError("rate_limited", message, { nextStep });
  return finding("session_starts", "failed", message, nextStep, fault);
}

async function probeServers({ rest, apiBase }: ProbeOptions): Promise<Finding> {
  try {
    const some = await rest.ownGuilds(null, 1);
    return some.length > 0
      ? finding("servers", "ok", "The bot is in a server.")
      : finding("servers", "warning", "The bot is in no server yet.", "Invite it with the link.");
  } catch (thrown) {
    const { message, nextStep } = discordFault(thrown, apiBase);
    return finding("servers", "unknown", message, nextStep);
  }
}

async function probeChannel(
  { rest, apiBase }: ProbeOptions,
  channelId: string,
  botUserId: string,
): Promise<{ channel: ChannelCheck | null; finding: Finding }> {
  const failed = (message: string, nextStep: string): Finding => {
    const fault = new PalyraError("failed_precondition", message, { nextStep });
    return finding("channel", "failed", message, nextStep, fault);
  };
  try {
    const target = { conversation_id: channelId, thread_id: null };
    const { access, refusal } = await lookAtChannel(rest, target, botUserId);
    if (access === null) {
      const nextStep = "Choose another channel, or invite the bot to its server and let it see the channel.";
      return { channel: null, finding: failed(`${refusal} (${channelId})`, nextStep) };
    }
    const channel = channelCheck(access);
    const name = channel.name === null ? "the conversation" : `#${channel.name}`;
    if (channel.missing.length === 0) {
      return { channel, finding: finding("channel", "ok", `The bot has all permissions in ${name}.`) };
    }
    const message = `The bot lacks in ${name}: ${channel.missing.join(", ")}.`;
    const nextStep = "Give these permissions to the bot's role in the channel's settings, then try again.";
    const isEssential = channel.missing.some((label) => essentialPermissions.has(label));
    const result = isEssential ? failed(message, nextStep) : finding("channel", "warning", message, nextStep);
    return { channel, finding: result };
  } catch (thrown) {
    const { message, nextStep } = discordFault(thrown, apiBase);
    return { channel: null, finding: finding("channel", "unknown", message, nextStep) };
  }
}
