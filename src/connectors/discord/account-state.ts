import type { AdapterState } from "../connector-adapter.ts";
import { adapterState, type DiscordFacts, staleHeartbeatMs } from "./discord-state.ts";

/** State of one account, and who is told when it changes. */
export class AccountState {
  readonly #changed: () => void;
  #facts: DiscordFacts = {
    phase: "stopped",
    readiness: "unknown",
    tokenAccepted: false,
    lastAckAt: null,
    identity: null,
    accountId: null,
    sessionsStarted: 0,
    sessionsResumed: 0,
    lastError: null,
  };
  #staleTimer: NodeJS.Timeout | null = null;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get facts(): DiscordFacts {
    return this.#facts;
  }

  read(): AdapterState {
    return adapterState(this.#facts, Date.now());
  }

  set(change: Partial<DiscordFacts>): void {
    this.#facts = { ...this.#facts, ...change };
    this.#disarm();
    if (this.#facts.phase === "ready") {
      // Without a further acknowledgement the connection becomes doubtful, which is a change to tell.
      this.#staleTimer = setTimeout(this.#changed, staleHeartbeatMs + 1);
      this.#staleTimer.unref();
    }
    this.#changed();
  }

  /** Nothing can be sent any more, and nobody is told. */
  dispose(): void {
    this.#disarm();
    this.#facts = { ...this.#facts, tokenAccepted: false };
  }

  #disarm(): void {
    if (this.#staleTimer !== null) clearTimeout(this.#staleTimer);
    this.#staleTimer = null;
  }
}
