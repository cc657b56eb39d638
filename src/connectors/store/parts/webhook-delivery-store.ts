import type { OutboundMessageRequest } from "../../../contracts/connector.ts";
import type { WebhookDeliveryState } from "../../../contracts/webhook.ts";

/** What is known of a delivery and never changes. */
export interface DeliveryFacts {
  readonly provider: string;
  readonly event: string | null;
  readonly source: string | null;
  /** `hook`: from outside. `dispatch`: by the owner. */
  readonly origin: "hook" | "dispatch";
  readonly signed: boolean;
  readonly payloadBytes: number;
  readonly safetyAction: "allow" | "annotate" | "require_approval";
  readonly safetyCodes: readonly string[];
}

/** A request that was found good. Instants are Unix milliseconds. */
export interface NewDelivery {
  /** A ULID: a later delivery has a greater id. */
  readonly deliveryId: string;
  readonly integrationId: string;
  /** Equal for two requests of an integration exactly when they carry the same delivery. */
  readonly deliveryKey: string;
  /** When the sender signed; null where that is not proven. */
  readonly signedAt: number | null;
  /** `received` has its effect soon, `held` waits for the owner, `done` is to have none. */
  readonly state: "received" | "held" | "done";
  readonly reason: string | null;
  readonly facts: DeliveryFacts;
  /** JSON text. */
  readonly payload: string;
  /** Until then, at least, the key is known as used. */
  readonly keepUntil: number;
}

export type AcceptOutcome =
  | { readonly kind: "accepted" }
  /**
   * The key was used before, by the delivery with this id. `retry`: the sender signed anew since, because it did not
   * get the first answer; otherwise it is the very same request again.
   */
  | { readonly kind: "repeated"; readonly deliveryId: string; readonly retry: boolean };

export interface StoredDelivery {
  readonly deliveryId: string;
  readonly integrationId: string;
  readonly state: WebhookDeliveryState;
  readonly attempts: number;
  readonly dueAt: number | null;
  readonly reason: string | null;
  readonly facts: DeliveryFacts;
  /** JSON text; null when it is not kept any more. */
  readonly payload: string | null;
  readonly receivedAt: number;
  readonly updatedAt: number;
}

export interface DeliveryQuery {
  readonly limit: number;
  readonly integrationId?: string;
  readonly state?: WebhookDeliveryState;
  /** Only ids smaller than this, for the next page. */
  readonly before?: string;
}

export type DeliveryCounts = Readonly<Record<WebhookDeliveryState, number>>;

/** Deliveries of webhooks and what became of them. Every step is one transaction. */
export interface WebhookDeliveryStore {
  /** Stores those whose key was never used, all in one transaction. @returns what became of each, in their order */
  accept(deliveries: readonly NewDelivery[], now: number): Promise<AcceptOutcome[]>;
  /** Whether the key of an integration was used before: the id of that delivery, null for none. */
  findKey(integrationId: string, deliveryKey: string): Promise<string | null>;
  get(deliveryId: string): Promise<StoredDelivery | null>;
  /** Newest first. */
  list(query: DeliveryQuery): Promise<StoredDelivery[]>;
  /** Deliveries whose effect is due, in the order of their arrival. */
  due(now: number, limit: number): Promise<StoredDelivery[]>;
  nextDueAt(): Promise<number | null>;
  /** Those that wait for the owner, oldest first. */
  held(limit: number): Promise<StoredDelivery[]>;
  counts(): Promise<DeliveryCounts>;
  /**
   * The effect: the delivery is done and its messages are in the outbox, in the same transaction. Nothing happens to a
   * delivery that is not `received` or `failed`. @returns whether it happened
   */
  complete(
    deliveryId: string,
    messages: readonly OutboundMessageRequest[],
    reason: string | null,
    now: number,
  ): Promise<boolean>;
  /** The effect failed; it is tried again at `nextAttemptAt`, or never when that is null. */
  fail(deliveryId: string, reason: string, nextAttemptAt: number | null, now: number): Promise<void>;
  /** From the beginning again, for a delivery that is held or dead. @returns false for any other */
  release(deliveryId: string, now: number): Promise<boolean>;
  /** Nobody decided on a held delivery, or somebody said no. @returns false for one that is not held */
  endHeld(deliveryId: string, state: "dead" | "discarded", reason: string, now: number): Promise<boolean>;
  /** Lets go of a delivery that is not done. @returns false when there is nothing to let go of */
  discard(deliveryId: string, reason: string, now: number): Promise<boolean>;
}
