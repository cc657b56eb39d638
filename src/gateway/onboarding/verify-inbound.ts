import { previewRoute } from "../../connectors/router/preview-route.ts";
import type { InboundMessageEvent } from "../../contracts/connector.ts";
import { discordConnectorId } from "../../contracts/gateway-config.ts";
import type { VerifyRequest, VerifyResponse } from "../../contracts/http-onboarding.ts";
import { PalyraError } from "../../platform/errors.ts";
import { instanceOf } from "./apply-account.ts";
import type { OnboardingParts } from "./onboarding-parts.ts";
import type { RecentMessages } from "./recent-messages.ts";

/** Messages written longer ago than this before the wait are what was missed, not what is waited for; milliseconds. */
const clockSlackMs = 60_000;

const pairingReasons: ReadonlySet<string> = new Set([
  "direct_message_pairing_required",
  "direct_message_pairing_code",
]);

/**
 * Waits until somebody writes to the bot: a direct message, a mention, or whatever else its rules answer.
 * @param recent what came in just before; what is told of is forgotten there
 * @throws `not_found` for an account that is not set up, `conflict` when it is switched off or nobody waits any more
 */
export async function hearFirstMessage(
  parts: OnboardingParts,
  recent: RecentMessages,
  asked: VerifyRequest,
  signal: AbortSignal,
): Promise<VerifyResponse> {
  const connectorId = discordConnectorId(asked.account_id);
  const { connectors } = parts.channels;
  connectors.spec(connectorId);
  const instance = instanceOf(parts, connectorId);
  if (instance === null) {
    throw new PalyraError("conflict", `The account “${asked.account_id}” is switched off.`, {
      nextStep: "Log it in first.",
    });
  }
  if (instance.state().liveness !== "running") {
    const { lastError } = instance.state();
    throw new PalyraError(
      lastError?.code ?? "service_unavailable",
      lastError?.message ?? "The bot is not connected to Discord yet.",
      lastError === null ? {} : { nextStep: lastError.next_step },
    );
  }
  const heard = await nextMessage(parts, recent, asked, connectorId, signal);
  if (heard !== null) return heard;
  return {
    connector_id: connectorId,
    outcome: "nothing_heard",
    message: `Nobody wrote to the bot within ${Math.round(asked.timeout_ms / 1000)} s.`,
    next_step: "Mention the bot in a channel it sees, or write it a direct message; then try again.",
    heard: null,
  };
}

function nextMessage(
  parts: OnboardingParts,
  recent: RecentMessages,
  asked: VerifyRequest,
  connectorId: string,
  signal: AbortSignal,
): Promise<VerifyResponse | null> {
  const since = Date.now() - clockSlackMs;
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      unlisten();
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      act();
    };
    const onAbort = (): void => settle(() => reject(new PalyraError("conflict", "The wait was cancelled.")));
    const timer = setTimeout(() => settle(() => resolve(null)), asked.timeout_ms);
    const hear = (event: InboundMessageEvent): void => {
      if (event.connector_id !== connectorId || event.sent_at_unix_ms < since) return;
      if (!isIn(event, asked.channel_id)) return;
      judged(parts, event).then(
        (answer) => {
          if (answer === null) return;
          settle(() => {
            recent.forget(connectorId, event.envelope_id);
            resolve(answer);
          });
        },
        (thrown: unknown) => settle(() => reject(thrown)),
      );
    };
    const unlisten = parts.channels.listen(hear);
    for (const event of recent.of(connectorId)) hear(event);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** What becomes of a message; null when it is not meant for the bot and nobody would expect an answer. */
async function judged(parts: OnboardingParts, event: InboundMessageEvent): Promise<VerifyResponse | null> {
  const { channels, config } = parts;
  const { connector_id: connectorId, is_direct_message: isDirectMessage } = event;
  const isPaired = isDirectMessage && (await channels.pairing.isPaired(connectorId, event.sender_id));
  const { accepted, reason, sentence } = previewRoute(
    {
      channel: connectorId,
      conversation: event.conversation_id,
      parentConversation: event.parent_conversation_id,
      guild: event.guild_id,
      sender: event.sender_id,
      roles: event.sender_roles,
      senderVerified: true,
      text: event.body,
      hasAttachments: event.attachments.length > 0,
      isDirectMessage,
      addressesBot: event.mentions_bot,
      requestedBroadcast: event.requested_broadcast,
    },
    config.current.rules,
    { isPaired, activeTurns: 0 },
  );
  if (!accepted && !isDirectMessage && !event.mentions_bot) return null;
  const conversation = channels.connectors.conversationName(connectorId, event.conversation_id);
  const who = event.sender_display ?? event.sender_id;
  return {
    connector_id: connectorId,
    outcome: accepted ? "answered" : "not_answered",
    message: accepted
      ? `The bot heard ${who} and answers.`
      : `The bot heard ${who}, but does not answer. ${sentence}`,
    next_step: accepted ? null : nextStepFor(reason),
    heard: {
      sender_id: event.sender_id,
      sender_display: event.sender_display,
      conversation_id: event.conversation_id,
      conversation,
      is_direct_message: isDirectMessage,
      reason,
      received_at_unix_ms: event.received_at_unix_ms,
    },
  };
}

function nextStepFor(reason: string): string {
  return pairingReasons.has(reason)
    ? "Make a pairing code, have it sent to the bot, and approve the person."
    : "Change who is answered, or write where the bot answers; then try again.";
}

/** A thread counts as its channel. */
function isIn(event: InboundMessageEvent, channelId: string | undefined): boolean {
  if (channelId === undefined) return true;
  const places = [event.conversation_id, event.parent_conversation_id];
  return places.some((place) => place === channelId || place === `discord:channel:${channelId}`);
}
