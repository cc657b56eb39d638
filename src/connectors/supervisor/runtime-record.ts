import type { AdapterState } from "../connector-adapter.ts";
import type { ConnectorInstanceRecord, InstanceStore, RuntimeState } from "../store/parts/instance-store.ts";
import type { ConnectorJournal } from "./connector-journal.ts";

interface RuntimeRecordOptions {
  readonly record: ConnectorInstanceRecord;
  readonly store: Pick<InstanceStore, "setRuntimeState" | "countRestart">;
  readonly journal: Pick<ConnectorJournal, "record">;
  readonly onStoreFault: (thrown: unknown) => void;
}

/** Keeps the stored record of a connector in line with what its adapter says, one write after another. */
export class RuntimeRecord {
  readonly #options: RuntimeRecordOptions;
  #known: RuntimeState;
  #writing: Promise<void> = Promise.resolve();
  restarts = 0;

  constructor(options: RuntimeRecordOptions) {
    const { readiness, liveness, lastError } = options.record;
    this.#options = options;
    this.#known = { readiness, liveness, lastError };
  }

  observe(state: AdapterState): void {
    const before = this.#known;
    const now: RuntimeState = {
      readiness: state.readiness,
      liveness: state.liveness,
      lastError: state.lastError?.message ?? null,
    };
    const changed =
      now.readiness !== before.readiness ||
      now.liveness !== before.liveness ||
      now.lastError !== before.lastError;
    if (!changed) return;
    this.#known = now;
    this.#tell(before, now);
    const isRestart = before.liveness === "running" && now.liveness === "restarting";
    if (isRestart) this.restarts += 1;
    this.#write(now, isRestart);
  }

  /** The connector is stopped; resolves when that is stored. */
  async stopped(): Promise<void> {
    this.#known = { ...this.#known, liveness: "stopped" };
    this.#write({ liveness: "stopped" }, false);
    await this.#writing;
  }

  #write(state: RuntimeState, isRestart: boolean): void {
    const { store, record, onStoreFault } = this.#options;
    const { connectorId } = record;
    this.#writing = this.#writing
      .then(async () => {
        if (isRestart) await store.countRestart(connectorId, state.lastError ?? null, Date.now());
        await store.setRuntimeState(connectorId, state, Date.now());
      })
      .catch((thrown: unknown) => {
        onStoreFault(thrown);
      });
  }

  #tell(before: RuntimeState, now: RuntimeState): void {
    const isNews =
      now.readiness !== before.readiness || now.liveness === "failed" || now.liveness === "running";
    if (!isNews) return;
    const works = now.liveness === "running";
    this.#options.journal.record(
      {
        type: "connector.state_changed",
        level: works || now.lastError === null ? "info" : "warn",
        message: works ? "The connector works." : (now.lastError ?? `The connector is ${now.liveness}.`),
        details: { readiness: now.readiness, liveness: now.liveness },
      },
      Date.now(),
    );
  }
}
