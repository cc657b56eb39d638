import type { InboundMessageEvent, InboxState, OutboundMessageRequest } from "../contracts/connector.ts";
import type { QueueDepth, RecentMessage } from "../contracts/sidecar-status.ts";
import type { PairingStore } from "./router/pairing/pairing-store.ts";
import type { ApprovalStore } from "./store/parts/approval-store.ts";
import type { CommandSyncStore } from "./store/parts/command-sync-store.ts";
import type { ConversationNotes } from "./store/parts/conversation-notes.ts";
import type { DeadLetterStore } from "./store/parts/dead-letter-store.ts";
import type { EventStore } from "./store/parts/event-store.ts";
import type { InstanceStore } from "./store/parts/instance-store.ts";
import type { MetricsStore } from "./store/parts/metrics-store.ts";
import type { QueueControl } from "./store/parts/queue-control.ts";
import type { SessionBindings } from "./store/parts/session-bindings.ts";
import type { WebhookDeliveryStore } from "./store/parts/webhook-delivery-store.ts";

/** A provider session that can be resumed by another process, e.g. Discord's gateway session. */
export interface ResumableSession {
  readonly sessionId: string;
  readonly sequence: number;
  readonly resumeUrl: string;
  /** Provider-specific numbers kept with the session (shard id and count for Discord), as JSON. */
  readonly details: Readonly<Record<string, number | string>>;
}

export interface InboxRow {
  readonly event: InboundMessageEvent;
  readonly state: InboxState;
  /** Routing attempts that were begun. */
  readonly attempts: number;
}

export interface OutboxRow {
  readonly outboxId: number;
  readonly request: OutboundMessageRequest;
  /** Attempts that counted: rate limits and local deferrals do not. */
  readonly attempts: number;
  /** When the first attempt was begun (ms), null before it. Decides whether the nonce can still guard. */
  readonly firstAttemptAt: number | null;
  /** True when an earlier attempt was begun and its outcome was never recorded. */
  readonly outcomeUnknown: boolean;
  /** Must be shown when the outcome is recorded; a lost claim is benign and changes nothing. */
  readonly claim: string;
  readonly createdAt: number;
}

export interface ClaimOptions {
  /** Takes rows of a paused queue too: what an operator asks to be sent now. */
  readonly ignorePause?: boolean;
}

/** What became of one message of the outbox. */
export interface OutboundPart {
  readonly sequence: number;
  /** `dead` also when its dead letter was discarded. */
  readonly state: "waiting" | "delivered" | "dead";
  readonly nativeMessageId: string | null;
  /** Why it was not delivered, at all or when it was last tried. */
  readonly reason: string | null;
}

/** Why a row is put back: `counted` spends one attempt, the other does not (rate limit, pause, disabled). */
export interface OutboxRetry {
  readonly counted: boolean;
  readonly reason: string;
  readonly nextAttemptAt: number;
}

/**
 * Durable state of all connectors. Every promise resolves after the change is on disk; a rejected one
 * changed nothing, except that after `storage_failed` the outcome of the calls in flight is known only when
 * the store was opened again. All instants are Unix milliseconds and are given by the caller, so that replaying a
 * journal yields the same rows. Implementations pass the contract suite in test/unit/connectors/.
 */
export interface ConnectorStore {
  readonly instances: InstanceStore;
  readonly queues: QueueControl;
  readonly deadLetters: DeadLetterStore;
  readonly events: EventStore;
  readonly metrics: MetricsStore;
  readonly pairing: PairingStore;
  readonly bindings: SessionBindings;
  readonly commandSync: CommandSyncStore;
  readonly notes: ConversationNotes;
  readonly approvals: ApprovalStore;
  readonly webhooks: WebhookDeliveryStore;

  /**
   * Stores an inbound event unless its (connector, provider message id) was seen within the dedupe
   * window, and in the same transaction the provider session that delivered it.
   * Returns false for a duplicate; the session is stored all the same.
   */
  acceptInbound(event: InboundMessageEvent, session: ResumableSession | null, now: number): Promise<boolean>;
  /**
   * Takes up to `limit` received events whose turn it is: due, and no earlier unfinished event in the
   * same conversation. They become `routing`.
   */
  claimInbound(connectorId: string, now: number, limit: number): Promise<InboxRow[]>;
  /**
   * One transaction: the replies into the outbox and the event `done`. Rows that exist already are kept.
   * @param merged envelopes of later events of the conversation that the replies answer too: they are done with it
   */
  completeInbound(
    envelopeId: string,
    replies: readonly OutboundMessageRequest[],
    now: number,
    merged?: readonly string[],
  ): Promise<void>;
  /**
   * The event needs no answer; `reason` is a reason code of the router.
   * @param merged envelopes of later events of the conversation that end with it
   */
  ignoreInbound(envelopeId: string, reason: string, now: number, merged?: readonly string[]): Promise<void>;
  /** Back to `received`, due at `nextAttemptAt`, one attempt spent. */
  retryInbound(envelopeId: string, reason: string, nextAttemptAt: number, now: number): Promise<void>;
  failInbound(envelopeId: string, reason: string, now: number): Promise<void>;
  /**
   * A claimed event waits for more of its conversation: back to `received`, due at `until`, or at once when the
   * next event of the conversation is accepted. No attempt is spent.
   */
  deferInbound(envelopeId: string, until: number, now: number): Promise<void>;
  /** Events of its conversation that wait behind an event, in order, at most `limit`. */
  waitingBehind(envelopeId: string, limit: number): Promise<InboundMessageEvent[]>;

  /** Puts a message that answers nothing (a test send) into the outbox; false when its key exists. */
  enqueueOutbound(request: OutboundMessageRequest, now: number): Promise<boolean>;
  /** As `enqueueOutbound`, in one transaction: all of them or none. Returns how many were new. */
  enqueueAll(requests: readonly OutboundMessageRequest[], now: number): Promise<number>;
  /**
   * As `enqueueAll`, as long as the outbox has no message of another envelope whose id begins with `family`.
   * @returns null when it has one: nothing was added
   */
  enqueueOnlyOf(
    family: string,
    requests: readonly OutboundMessageRequest[],
    now: number,
  ): Promise<number | null>;
  /** What became of the messages of one envelope, in order; none of those that have passed their retention. */
  outboundOf(connectorId: string, envelopeId: string): Promise<OutboundPart[]>;
  /** The provider's ids of the messages that were noted as delivered in a conversation from `since` on. */
  deliveredSince(connectorId: string, conversationId: string, since: number): Promise<ReadonlySet<string>>;
  /**
   * Takes up to `limit` due rows that are first in their conversation and marks them as being sent;
   * the mark is durable before the promise resolves. `leaseMs` later they can be taken again.
   * A paused queue yields nothing, unless the pause is ignored.
   */
  claimOutbound(
    connectorId: string,
    now: number,
    leaseMs: number,
    limit: number,
    options?: ClaimOptions,
  ): Promise<OutboxRow[]>;
  /** Keeps a row for `leaseMs` from `now` on; false when the claim was lost meanwhile. */
  renewClaim(outboxId: number, claim: string, leaseMs: number, now: number): Promise<boolean>;
  /** False when the claim was lost meanwhile. */
  markDelivered(outboxId: number, claim: string, nativeMessageId: string, now: number): Promise<boolean>;
  scheduleRetry(outboxId: number, claim: string, retry: OutboxRetry, now: number): Promise<boolean>;
  /** Moves the row, and the later chunks of its envelope, to the dead letters. */
  moveToDeadLetter(outboxId: number, claim: string, reason: string, now: number): Promise<boolean>;

  /** Earliest instant (ms) at which a claim of that queue can yield something; null when it is empty or paused. */
  nextDueAt(connectorId: string, queue: "inbound" | "outbound"): Promise<number | null>;
  /**
   * At start, before any claim: events left in `routing` become `received` again, and rows left in
   * sending become due with `outcomeUnknown`. Returns how many of each.
   */
  recoverInterrupted(now: number): Promise<{ inbound: number; outbound: number }>;

  loadSession(connectorId: string): Promise<ResumableSession | null>;
  saveSession(connectorId: string, session: ResumableSession | null, now: number): Promise<void>;
  /**
   * Provider message id after which back-fill begins, for each conversation: of its newest inbound event, or
   * while a gap is open, of the newest one before the gap.
   */
  watermarks(connectorId: string): Promise<ReadonlyMap<string, string>>;
  /**
   * A new provider session begins and what was written before it may be missing: keeps the watermark of every
   * conversation, also over restarts, until its gap is closed. Gaps that are open already stay as they are.
   */
  openGaps(connectorId: string, now: number): Promise<void>;
  /** The conversation was back-filled: its watermark is its newest event again. */
  closeGap(connectorId: string, conversationId: string, now: number): Promise<void>;

  queueDepth(connectorId: string): Promise<QueueDepth>;
  totals(): Promise<{ received: number; answered: number; dead_letters: number }>;
  /** Digests of the files of messages that are to be sent, or lie among the dead letters. */
  heldFiles(): Promise<ReadonlySet<string>>;
  /** Newest first, over all connectors. */
  recentMessages(limit: number): Promise<RecentMessage[]>;
  /**
   * Deletes what is older than the retention of its table. Returns rows deleted. The store does so itself after
   * many new rows; a call now and then is needed for what gets old in quiet times.
   */
  prune(now: number): Promise<number>;
  close(): Promise<void>;
}
