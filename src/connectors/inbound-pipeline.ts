import type { InboundMessageEvent, OutboundMessageRequest } from "../contracts/connector.ts";
import type { endingSentences } from "../contracts/route-reasons.ts";
import { messageOf } from "../platform/errors.ts";
import { Answering, type AnsweringOptions } from "./answering.ts";
import type { CommandDesk, CommandOutcome } from "./commands/command-desk.ts";
import type { ConnectorStore, InboxRow, ResumableSession } from "./connector-store.ts";
import { DueLoop } from "./due-loop.ts";
import type { ConnectorLogger } from "./logger.ts";
import { retryDelay, retryLimits } from "./retry-policy.ts";
import type { InboundRouting, InboundStep } from "./router/inbound-routing.ts";
import { type RunningTurn, RunningTurns } from "./running-turns.ts";
import type { ConnectorJournal } from "./supervisor/connector-journal.ts";
import type { FairSlots, SlotShare } from "./supervisor/fair-slots.ts";

/** Messages behind one that is begun among which a command that stops it is looked for. */
const looksBehind = 64;
const stoppedReason: keyof typeof endingSentences = "stopped_by_person";

export interface InboundPipelineOptions extends AnsweringOptions {
  readonly store: ConnectorStore;
  readonly routing: InboundRouting;
  /** Commands that people type; null leaves them to the agent. */
  readonly commands: Pick<CommandDesk, "handleText" | "isUrgent"> | null;
  readonly log: ConnectorLogger;
  readonly journal: Pick<ConnectorJournal, "record">;
  /** Shared by the turns of all connectors. */
  readonly slots: FairSlots;
  /** Rows changed. */
  readonly onActivity: () => void;
  /** The store failed; returns milliseconds until the next try. */
  readonly onStoreFault: (thrown: unknown) => number;
}

/**
 * From an event to its replies in the outbox: durable first, then routed, then answered, in order within
 * each conversation. A fault of one event is retried and never touches another one.
 */
export class InboundPipeline {
  readonly #options: InboundPipelineOptions;
  readonly #loop: DueLoop;
  readonly #stopped = new AbortController();
  readonly #turns = new Set<Promise<void>>();
  readonly #running = new RunningTurns();
  /** Urgent commands in work, by envelope; true when one was answered. */
  readonly #urgent = new Map<string, Promise<boolean>>();
  readonly #share: SlotShare;
  readonly #answering: Answering;
  #claiming = true;

  constructor(options: InboundPipelineOptions) {
    this.#options = options;
    const { store, connectorId } = options;
    this.#answering = new Answering(options);
    this.#loop = new DueLoop({
      work: () => this.#takeDue(),
      nextDueAt: async () =>
        this.#turns.size < options.routing.turnLimit ? await store.nextDueAt(connectorId, "inbound") : null,
      onFault: options.onStoreFault,
    });
    this.#share = options.slots.join(() => this.#loop.wake());
  }

  start(): void {
    this.#loop.start();
  }

  /** Resolves when the event is on disk; a repeated event is nothing new. */
  async accept(event: InboundMessageEvent, session: ResumableSession | null): Promise<void> {
    const { store, log } = this.#options;
    const isNew = await store.acceptInbound(event, session, Date.now());
    if (!isNew) {
      log.debug("repeated event ignored", { message_id: event.provider_message_id });
      return;
    }
    log.debug("event accepted", { trace: event.envelope_id, conversation: event.conversation_id });
    if (this.#claiming && this.#running.has(event.conversation_id)) this.#hurry(event);
    this.#loop.wake();
    this.#options.onActivity();
  }

  /**
   * Ends the turn of a conversation for good.
   * @returns the message that was being answered, once that is on disk; null when there is none
   */
  stopTurn(conversationId: string): Promise<InboundMessageEvent | null> {
    return this.#running.stop(conversationId);
  }

  /** Stops to take events and gives turns in hand `drainMs` to end; what is left is answered after a start. */
  async stop(drainMs: number): Promise<void> {
    this.#claiming = false;
    await this.#loop.stop();
    const cut = setTimeout(() => this.#stopped.abort(new Error("the gateway is stopping")), drainMs);
    await Promise.all([...this.#turns, ...[...this.#urgent.values()].map((work) => work.catch(() => false))]);
    clearTimeout(cut);
    this.#share.withdraw();
  }

  async #takeDue(): Promise<void> {
    const free = this.#claiming ? this.#options.routing.turnLimit - this.#turns.size : 0;
    if (free <= 0) {
      this.#share.withdraw();
      return;
    }
    const taken = this.#share.take(free);
    for (const row of await this.#claim(taken)) {
      const turn = this.#handle(row).finally(() => {
        this.#turns.delete(turn);
        this.#share.giveBack(1);
        this.#loop.wake();
        this.#options.onActivity();
      });
      this.#turns.add(turn);
    }
  }

  /** Takes at most `taken` events; the slots that are not needed go back. */
  async #claim(taken: number): Promise<InboxRow[]> {
    if (taken === 0) return [];
    const { store, connectorId } = this.#options;
    let rows: InboxRow[] = [];
    try {
      rows = await store.claimInbound(connectorId, Date.now(), taken);
      return rows;
    } finally {
      if (rows.length < taken) {
        this.#share.withdraw();
        this.#share.giveBack(taken - rows.length);
      }
    }
  }

  /** Never rejects: a fault of the store leaves the row for the recovery at the next start or retry. */
  async #handle(row: InboxRow): Promise<void> {
    try {
      // It may have been answered while it waited for its turn.
      if ((await this.#urgent.get(row.event.envelope_id)) === true) return;
      await this.#route(row);
    } catch (thrown) {
      await this.#retryOrFail(row, thrown);
    }
  }

  /** Carries an urgent command out before its turn; one that is none, or is refused, stays where it is. */
  #hurry(event: InboundMessageEvent): void {
    const { commands, log } = this.#options;
    const id = event.envelope_id;
    if (commands === null || !commands.isUrgent(event) || this.#urgent.has(id)) return;
    const work = this.#command(event).finally(() => this.#urgent.delete(id));
    this.#urgent.set(id, work);
    work.catch((thrown: unknown) => {
      log.warn("an urgent command waits for its turn", { trace: id, error: messageOf(thrown) });
    });
  }

  /** @returns false when the event is no command, or one of a person who is not answered */
  async #command(event: InboundMessageEvent): Promise<boolean> {
    const { commands, store, onReplies } = this.#options;
    const outcome = (await commands?.handleText(event)) ?? null;
    if (outcome === null) return false;
    this.#note(outcome);
    if (outcome.reply === null) return false;
    const output = { text: outcome.reply, in_reply_to_message_id: event.provider_message_id };
    await store.completeInbound(event.envelope_id, this.#answering.requests(event, [output]), Date.now());
    onReplies();
    return true;
  }

  #note({ audit, code, ok }: CommandOutcome): void {
    const { journal, log } = this.#options;
    log.info("command", { code, ...audit });
    if (audit.event === "channel.command.denied") return;
    const isRejected = audit.event === "channel.command.rejected";
    journal.record(
      {
        type: isRejected ? "channel.command.rejected" : "channel.command.executed",
        level: ok ? "info" : "warn",
        message: isRejected ? "A command was not understood." : "A command was carried out.",
        details: { code, ...audit },
      },
      Date.now(),
    );
  }

  async #route(row: InboxRow): Promise<void> {
    const { store, log, routing, onReplies } = this.#options;
    const { envelope_id: trace } = row.event;
    if (await this.#command(row.event)) return;
    const step = await routing.next(row.event);
    switch (step.kind) {
      case "defer":
        log.debug("event waits", { trace, reason: step.reason });
        await store.deferInbound(trace, step.until, Date.now());
        return;
      case "ignore":
        log.debug("event not answered", { trace, reason: step.reason });
        await store.ignoreInbound(trace, step.reason, Date.now());
        return;
      case "say": {
        log.debug("event answered without the agent", { trace, reason: step.reason });
        const output = { text: step.text, in_reply_to_message_id: row.event.provider_message_id };
        await store.completeInbound(trace, this.#answering.requests(row.event, [output]), Date.now());
        onReplies();
        return;
      }
      case "turn":
        try {
          await this.#take(row, step);
        } finally {
          step.end();
        }
    }
  }

  async #take(row: InboxRow, step: Extract<InboundStep, { kind: "turn" }>): Promise<void> {
    const { store, log, onReplies } = this.#options;
    const { envelope_id: trace } = row.event;
    const running = this.#running.begin(step.event);
    let end: "stopped" | "other" = "other";
    try {
      await this.#hurryBehind(trace);
      if (row.attempts <= 1) await this.#answering.acknowledge(step.event, step.plan);
      const replies = await this.#answerUnlessStopped(step, running);
      if (replies === null) {
        await store.ignoreInbound(trace, stoppedReason, Date.now(), step.merged);
        log.info("answer stopped", { trace, merged: step.merged.length });
        end = "stopped";
        return;
      }
      await store.completeInbound(trace, replies, Date.now(), step.merged);
      log.info("event answered", { trace, messages: replies.length, merged: step.merged.length });
      onReplies();
    } finally {
      running.settle(end);
    }
  }

  /** What was written while nobody could be stopped yet, or before a crash, holds for this turn too. */
  async #hurryBehind(trace: string): Promise<void> {
    const { commands, store } = this.#options;
    if (commands === null) return;
    for (const event of await store.waitingBehind(trace, looksBehind)) this.#hurry(event);
  }

  /** @returns null when a person stopped the turn */
  async #answerUnlessStopped(
    step: Extract<InboundStep, { kind: "turn" }>,
    running: RunningTurn,
  ): Promise<OutboundMessageRequest[] | null> {
    try {
      return await this.#answering.answer(
        step.event,
        step.plan,
        AbortSignal.any([this.#stopped.signal, running.signal]),
      );
    } catch (thrown) {
      if (!running.signal.aborted) throw thrown;
      return null;
    }
  }

  async #retryOrFail(row: InboxRow, thrown: unknown): Promise<void> {
    const { store, log, journal } = this.#options;
    const trace = row.event.envelope_id;
    const reason = messageOf(thrown);
    const now = Date.now();
    try {
      // A stop is no fault of the event: it is taken up again at the next start, as after a crash.
      if (this.#stopped.signal.aborted) return;
      if (row.attempts >= retryLimits.inboundAttempts) {
        log.error("event given up", { trace, attempts: row.attempts, error: reason });
        const details = { envelope_id: trace, attempts: row.attempts, reason };
        journal.record(
          { type: "inbound.failed", level: "error", message: "A message could not be answered.", details },
          now,
        );
        await store.failInbound(trace, reason, now);
        return;
      }
      log.warn("event is tried again", { trace, attempts: row.attempts, error: reason });
      const details = { envelope_id: trace, attempts: row.attempts, reason };
      journal.record(
        { type: "inbound.retry", level: "warn", message: "A message is tried again.", details },
        now,
      );
      await store.retryInbound(trace, reason, now + retryDelay(row.attempts, Math.random()), now);
    } catch (storeFault) {
      this.#options.onStoreFault(storeFault);
    }
  }
}
