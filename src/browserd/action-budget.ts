import type { Limits } from "./limits.ts";

export type BudgetDecision =
  | { readonly allowed: true; readonly budget: ActionBudget }
  | { readonly allowed: false; readonly code: "budget_exhausted" }
  | { readonly allowed: false; readonly code: "rate_limited"; readonly retryAfterMs: number };

type BudgetLimits = Pick<Limits, "actionsPerSession" | "actionsPerWindow" | "actionWindowMs">;

/** Counts the actions of one browser context; immutable. Refused actions cost nothing. */
export class ActionBudget {
  readonly #limits: BudgetLimits;
  readonly #used: number;
  readonly #recent: readonly number[];

  constructor(limits: BudgetLimits, used = 0, recent: readonly number[] = []) {
    this.#limits = limits;
    this.#used = used;
    this.#recent = recent;
  }

  /**
   * Asks for one action.
   * @param now milliseconds
   */
  spend(now: number): BudgetDecision {
    const { actionsPerSession, actionsPerWindow, actionWindowMs } = this.#limits;
    if (this.#used >= actionsPerSession) return { allowed: false, code: "budget_exhausted" };
    const recent = this.#recent.filter((at) => now - at < actionWindowMs);
    if (recent.length >= actionsPerWindow) {
      const oldest = recent[0] ?? now;
      return { allowed: false, code: "rate_limited", retryAfterMs: oldest + actionWindowMs - now };
    }
    return { allowed: true, budget: new ActionBudget(this.#limits, this.#used + 1, [...recent, now]) };
  }
}
