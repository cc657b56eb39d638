import type { AdapterHost } from "../connector-adapter.ts";
import type { ResumableSession } from "../connector-store.ts";
import { type DiscordSession, toResumable } from "./discord-session.ts";
import { SessionFrontier } from "./session-frontier.ts";

/** How often the place in the session is stored when no message does it, in milliseconds. */
const saveIntervalMs = 15_000;

/** A session and the place in it: stored no further than the events are. */
export class SessionPlace {
  readonly #host: Pick<AdapterHost, "saveSession">;
  readonly #onStoreFault: () => void;
  /** Up to here everything is on disk. */
  readonly #durable: SessionFrontier;
  /** Up to here everything was handed to the store, which keeps the order. */
  readonly #submitted: SessionFrontier;
  #session: DiscordSession;
  #savedSequence = -1;
  #timer: NodeJS.Timeout | null = null;
  #isLeft = false;

  constructor(
    session: DiscordSession,
    sequence: number,
    host: Pick<AdapterHost, "saveSession">,
    onStoreFault: () => void,
  ) {
    this.#session = session;
    this.#host = host;
    this.#onStoreFault = onStoreFault;
    this.#durable = new SessionFrontier(sequence);
    this.#submitted = new SessionFrontier(sequence);
  }

  get session(): DiscordSession {
    return this.#session;
  }

  /** Sequence from which a RESUME loses nothing. */
  get sequence(): number {
    return this.#durable.durable;
  }

  /** An event that needs not be stored. */
  passed(sequence: number): void {
    this.#durable.passed(sequence);
    this.#submitted.passed(sequence);
    this.#saveLater();
  }

  /** An event that is not passed before it is settled. */
  begin(sequence: number): void {
    this.#durable.begin(sequence);
    this.#submitted.begin(sequence);
  }

  /** An event that needs no place in the store any more. */
  settle(sequence: number): void {
    this.#submitted.settle(sequence);
    this.#durable.settle(sequence);
    this.#saveLater();
  }

  /**
   * An event is handed to the store.
   * @returns the session to store with it, null when it is not stored any more; `stored` is to be called when it is
   */
  submit(sequence: number): { readonly session: ResumableSession | null; stored(): void } {
    this.#submitted.settle(sequence);
    const place = this.#submitted.durable;
    return {
      session: this.#isLeft ? null : toResumable(this.#session, place),
      stored: () => {
        this.#durable.settle(sequence);
        this.#savedSequence = Math.max(this.#savedSequence, place);
      },
    };
  }

  change(change: Partial<DiscordSession>): void {
    this.#session = { ...this.#session, ...change };
  }

  /** Stores the place in the session now. Rejects when the store failed. */
  async save(): Promise<void> {
    this.#disarm();
    const sequence = this.#durable.durable;
    this.#savedSequence = sequence;
    await this.#host.saveSession(toResumable(this.#session, sequence));
  }

  /** The place is not stored by itself any more. */
  leave(): void {
    this.#isLeft = true;
    this.#disarm();
  }

  #saveLater(): void {
    if (this.#isLeft || this.#timer !== null || this.sequence === this.#savedSequence) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.save().catch(() => this.#onStoreFault());
    }, saveIntervalMs);
    this.#timer.unref();
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
