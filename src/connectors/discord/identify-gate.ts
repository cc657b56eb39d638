import { retryDelay } from "../retry-policy.ts";
import { type BudgetReading, decideIdentify } from "./identify-budget.ts";
import { pause } from "./pause.ts";

/** How one run asks for its IDENTIFYs. */
export interface IdentifyRequest {
  reading(): BudgetReading;
  /** Asks Discord anew for the numbers that `reading` returns. */
  readAgain(): Promise<void>;
  /** No session may be started for `waitMs`. */
  exhausted(waitMs: number): void;
  /** The numbers could not be read; they are asked for again. */
  unreadable(thrown: unknown): void;
}

/** Lets an IDENTIFY of one account pass only when Discord allows one. */
export class IdentifyGate {
  #lastIdentifyAt: number | null = null;

  /** Resolves when an IDENTIFY may be sent, and counts it. Rejects when `signal` is aborted. */
  async pass(request: IdentifyRequest, signal: AbortSignal): Promise<void> {
    for (let failures = 0; ; ) {
      signal.throwIfAborted();
      const decision = decideIdentify(request.reading(), this.#lastIdentifyAt, Date.now());
      if (decision.kind === "go") break;
      if (decision.kind === "wait") {
        if (decision.exhausted) request.exhausted(decision.ms);
        await pause(decision.ms, signal);
        continue;
      }
      try {
        await request.readAgain();
        failures = 0;
      } catch (thrown) {
        request.unreadable(thrown);
        failures += 1;
        await pause(retryDelay(failures, Math.random()), signal);
      }
    }
    this.#lastIdentifyAt = Date.now();
  }
}
