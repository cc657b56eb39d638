import type { DeliveryOutcome } from "../../contracts/connector.ts";
import {
  type CircuitState,
  closedCircuit,
  onAnswered,
  onBegun,
  onHope,
  onUnreachable,
  permitted,
} from "./circuit.ts";
import type { ConnectorJournal } from "./connector-journal.ts";

/** The circuit of one connector as it goes: learns from every attempt to send, and tells when it opens or closes. */
export class CircuitWatch {
  readonly #journal: Pick<ConnectorJournal, "record">;
  #state: CircuitState = closedCircuit;

  constructor(journal: Pick<ConnectorJournal, "record">) {
    this.#journal = journal;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** How many of the `free` messages may be begun. @param now ms */
  permitted(free: number, now: number): number {
    return permitted(this.#state, free, now);
  }

  /** A message is being sent. @param now ms */
  begun(now: number): void {
    this.#state = onBegun(this.#state, now);
  }

  /** There is a reason to try now: the connection is up again, or a person asks for it. @param now ms */
  hope(now: number): void {
    this.#state = onHope(this.#state, now);
  }

  /**
   * An attempt ended.
   * @param facts instant (ms) and a random number in [0, 1)
   */
  learn(outcome: DeliveryOutcome, facts: { readonly now: number; readonly random: number }): void {
    const before = this.#state;
    const answered = reached(outcome);
    if (answered === true) this.#state = onAnswered(before);
    else if (answered === false) this.#state = onUnreachable(before, facts.now, facts.random);
    // A probe that learned nothing must not hold everything back.
    else if (before.kind === "half_open")
      this.#state = { kind: "open", until: facts.now, opened: before.opened };
    this.#tell(before.kind, facts.now);
  }

  #tell(before: CircuitState["kind"], now: number): void {
    const after = this.#state.kind;
    if (after === "open" && before === "closed") {
      const message = "Sending failed several times in a row; nothing is sent for a while.";
      this.#journal.record({ type: "circuit.opened", level: "warn", message }, now);
    }
    if (after === "closed" && before !== "closed") {
      this.#journal.record({ type: "circuit.closed", level: "info", message: "Sending works again." }, now);
    }
  }
}

/** Whether an outcome says that the provider can be reached; null when it says nothing of that. */
function reached(outcome: DeliveryOutcome): boolean | null {
  if (outcome.kind !== "retry") return true;
  if (outcome.class === "rate_limit") return true;
  return outcome.class === "transient_network" ? false : null;
}
