import type {
  AcceptOutcome,
  NewDelivery,
  WebhookDeliveryStore,
} from "../../connectors/store/parts/webhook-delivery-store.ts";

interface Waiting {
  readonly delivery: NewDelivery;
  resolve(outcome: AcceptOutcome): void;
  reject(thrown: unknown): void;
}

/** Stores deliveries that come at the same time in one transaction: each waits for the same sync of the disk. */
export class AcceptQueue {
  readonly #store: Pick<WebhookDeliveryStore, "accept">;
  #waiting: Waiting[] = [];

  constructor(store: Pick<WebhookDeliveryStore, "accept">) {
    this.#store = store;
  }

  /** Resolves when the delivery, or the knowledge that it is none, is on the disk. */
  add(delivery: NewDelivery): Promise<AcceptOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ delivery, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#storeAll());
    });
  }

  #storeAll(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    const now = Date.now();
    this.#store
      .accept(
        batch.map(({ delivery }) => delivery),
        now,
      )
      .then(
        (outcomes) => {
          for (const [index, outcome] of outcomes.entries()) batch[index]?.resolve(outcome);
        },
        (thrown: unknown) => {
          for (const one of batch) one.reject(thrown);
        },
      );
  }
}
