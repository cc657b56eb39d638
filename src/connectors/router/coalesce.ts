import { connectorBounds, type InboundMessageEvent } from "../../contracts/connector.ts";
import type { CoalescingConfig } from "../../contracts/router-config.ts";
import { isCommandText } from "./command-text.ts";
import { keyComponent } from "./route-keys.ts";

/** Messages of one turn at most. */
export const maxMergedMessages = 32;
/** A person who keeps writing is answered at the latest after this many windows. */
const maxWindows = 10;

/** Messages of one conversation, at least one, in their order. */
export type WaitingEvents = readonly [InboundMessageEvent, ...InboundMessageEvent[]];

/** Where a message of a turn came from, in the order in which they were written. */
export interface MergedPart {
  readonly envelope_id: string;
  readonly provider_message_id: string;
  readonly sent_at_unix_ms: number;
  readonly order: number;
  readonly bytes: number;
  readonly has_media: boolean;
}

/** Why the turn is made of these messages and begins now. */
export type TurnReason =
  | "policy_disabled"
  | "command_bypass"
  | "media_bypass"
  | "inbound_coalescing/max_tracked_keys_exceeded"
  | "window_closed"
  | "interrupted"
  | "full"
  | "longest_wait";

export type CoalescingDecision =
  | { readonly kind: "wait"; readonly until: number }
  | {
      readonly kind: "turn";
      readonly reason: TurnReason;
      /** The first messages of the conversation that make this turn, at least one. */
      readonly events: WaitingEvents;
    };

/** Messages with equal keys can become one turn: one person in one conversation of one connector. */
export function coalescingKey(event: InboundMessageEvent): string {
  return [event.connector_id, event.conversation_id, event.sender_id].map(keyComponent).join("/");
}

/**
 * Decides which of the messages that wait in a conversation make the next turn. Only messages that follow each other
 * directly are merged, so that an answer never overtakes another person. A window closes early when something comes
 * that does not belong to it. Nothing is taken out of the inbox here: all messages of a turn stay there until it is done.
 * @param waiting unfinished messages of one conversation in their order; the first is not refused by the router
 * @param options `now` in Unix milliseconds; `trackedKeys` conversations and people whose window is open, this one not counted
 */
export function decideCoalescing(
  waiting: WaitingEvents,
  policy: CoalescingConfig,
  options: { readonly now: number; readonly trackedKeys: number; readonly maxBytes: number },
): CoalescingDecision {
  const [head] = waiting;
  const alone = (reason: TurnReason): CoalescingDecision => ({ kind: "turn", reason, events: [head] });
  if (!policy.enabled || policy.debounce_ms === 0) return alone("policy_disabled");
  const bypass = bypassOf(head, policy);
  if (bypass !== null) return alone(bypass);
  if (options.trackedKeys >= policy.max_tracked_keys) {
    return alone("inbound_coalescing/max_tracked_keys_exceeded");
  }
  const { events, closedBy } = runOf(waiting, policy, options.maxBytes);
  if (closedBy !== null) return { kind: "turn", reason: closedBy, events };
  const last = events.at(-1) ?? head;
  // Received later than now: the clock was set back, and nobody knows how long ago it was.
  if (last.received_at_unix_ms > options.now) return { kind: "turn", reason: "window_closed", events };
  const quiet = last.received_at_unix_ms + policy.debounce_ms;
  const longest = head.received_at_unix_ms + maxWindows * policy.debounce_ms;
  if (options.now < Math.min(quiet, longest)) return { kind: "wait", until: Math.min(quiet, longest) };
  return { kind: "turn", reason: options.now >= quiet ? "window_closed" : "longest_wait", events };
}

/** One event for a turn: the first one's envelope, the last one's message id, all texts and attachments. */
export function mergeEvents(events: WaitingEvents): {
  readonly event: InboundMessageEvent;
  readonly parts: readonly MergedPart[];
} {
  const [head] = events;
  const last = events.at(-1) ?? head;
  const parts = events.map((event, order) => ({
    envelope_id: event.envelope_id,
    provider_message_id: event.provider_message_id,
    sent_at_unix_ms: event.sent_at_unix_ms,
    order,
    bytes: Buffer.byteLength(event.body),
    has_media: event.attachments.length > 0,
  }));
  if (events.length === 1) return { event: head, parts };
  const event: InboundMessageEvent = {
    ...head,
    provider_message_id: last.provider_message_id,
    body: mergedText(events),
    mentions_bot: events.some((one) => one.mentions_bot),
    attachments: events
      .flatMap((one) =>
        one.attachments.map((file) => ({ ...file, provider_message_id: one.provider_message_id })),
      )
      .slice(0, connectorBounds.attachments),
  };
  return { event, parts };
}

/** The messages from the first on that belong together, and what ends them before the window does. */
function runOf(
  waiting: WaitingEvents,
  policy: CoalescingConfig,
  maxBytes: number,
): { readonly events: WaitingEvents; readonly closedBy: "interrupted" | "full" | null } {
  const [head, ...others] = waiting;
  const events: [InboundMessageEvent, ...InboundMessageEvent[]] = [head];
  for (const event of others) {
    // What calls everybody is allowed or refused for itself.
    const isOtherAudience = (event.requested_broadcast ?? false) !== (head.requested_broadcast ?? false);
    // A command is carried out, also where it may wait: as a part of a question it would only be read.
    const isOther =
      coalescingKey(event) !== coalescingKey(head) || isOtherAudience || isCommandText(event.body);
    if (isOther || bypassOf(event, policy) !== null) return { events, closedBy: "interrupted" };
    const candidate = [...events, event];
    const attachments = candidate.flatMap((one) => one.attachments).length;
    const isTooMuch =
      candidate.length > maxMergedMessages ||
      attachments > connectorBounds.attachments ||
      Buffer.byteLength(mergedText(candidate)) > maxBytes;
    if (isTooMuch) return { events, closedBy: "full" };
    events.push(event);
  }
  return { events, closedBy: events.length === maxMergedMessages ? "full" : null };
}

function bypassOf(
  event: InboundMessageEvent,
  policy: CoalescingConfig,
): "command_bypass" | "media_bypass" | null {
  if (policy.bypass_commands && isCommandText(event.body)) return "command_bypass";
  if (policy.bypass_media && event.attachments.length > 0) return "media_bypass";
  return null;
}

function mergedText(events: readonly InboundMessageEvent[]): string {
  return events
    .map((event) => event.body.trim())
    .filter((text) => text !== "")
    .join("\n\n");
}
