import type { BotApplication } from "../world/model.ts";

export interface NumberedDispatch {
  readonly s: number;
  readonly t: string;
  readonly d: object;
}

/** What a session needs of the connection it is attached to. */
export interface SessionConnection {
  session: Session | null;
  send(payload: { op: number; d: unknown }): void;
  sendDispatch(dispatch: NumberedDispatch): void;
  close(code: number): void;
}

/** One identified session: survives its connection, and keeps what it sent for a later resume. */
export class Session {
  readonly id: string;
  readonly bot: BotApplication;
  readonly intents: number;
  readonly shard: readonly [number, number];
  readonly #replayLimit: number;
  readonly #kept: NumberedDispatch[] = [];
  #seq = 0;
  /** The connection it is attached to, or null while the client is away. */
  connection: SessionConnection | null = null;
  /** When the connection was lost, in milliseconds since the Unix epoch. */
  detachedAtMs: number | null = null;

  /** @param replayLimit how many dispatches are kept for a resume */
  constructor(facts: {
    id: string;
    bot: BotApplication;
    intents: number;
    shard: readonly [number, number];
    replayLimit: number;
  }) {
    this.id = facts.id;
    this.bot = facts.bot;
    this.intents = facts.intents;
    this.shard = facts.shard;
    this.#replayLimit = facts.replayLimit;
  }

  /** Number of the last dispatch. */
  get seq(): number {
    return this.#seq;
  }

  /** Numbers and keeps a dispatch, and sends it when the client is there. */
  dispatch(t: string, d: object): void {
    this.#seq += 1;
    const numbered = { s: this.#seq, t, d };
    this.#kept.push(numbered);
    if (this.#kept.length > this.#replayLimit) this.#kept.shift();
    this.connection?.sendDispatch(numbered);
  }

  /** Everything after `seq`, or undefined when some of it is no longer kept. */
  missedSince(seq: number): readonly NumberedDispatch[] | undefined {
    const missed = this.#kept.filter((one) => one.s > seq);
    return missed.length === this.#seq - seq ? missed : undefined;
  }
}
