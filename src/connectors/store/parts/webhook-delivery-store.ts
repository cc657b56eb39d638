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

/** How many messages of a delivery wait in the outbox, reached their conversation, or were given up. */
export interface DeliveryMessages {
  readonly waiting: number;
  readonly delivered: number;
  readonly givenUp: number;
}

/** A delivery with what became of its messages: null while it has none, and when the outbox forgot them. */
export interface TracedDelivery extends StoredDelivery {
  readonly messages: DeliveryMessages | null;
}

/** Whose deliveries are looked for. */
export interface DueIntegrations {
  readonly kind: "only" | "except";
  readonly ids: readonly string[];
}

/** How a delivery goes on that is replayed: from its beginning, or with those of its messages that were given up. */
export type Released =
  | { readonly kind: "begun_again" }
  | { readonly kind: "sent_again"; readonly connectorId: string };

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
  get(deliveryId: string): Promise<TracedDelivery | null>;
  /** Newest first. */
  list(query: DeliveryQuery): Promise<TracedDelivery[]>;
  /** Deliveries whose effect is due, in the order of their arrival. */
  due(from: DueIntegrations, now: number, limit: number): Promise<StoredDelivery[]>;
  nextDueAt(from: DueIntegrations): Promise<number | null>;
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
  /**
   * Once more, for a delivery that is held or dead. One whose messages were given up sends those again, under the same
   * nonces, and no others.
   * @returns null for any other, and when what it needs is not kept any more
   * @throws `conflict` as the replay of a dead letter
   */
  release(deliveryId: string, now: number): Promise<Released | null>;
  /** Nobody decided on a held delivery, or somebody said no. @returns false for one that is not held */
  endHeld(deliveryId: string, state: "dead" | "discarded", reason: string, now: number): Promise<boolean>;
  /** Lets go of a delivery that is not done, and of those of its messages that were given up. @returns false when there is nothing to let go of */
  discard(deliveryId: string, reason: string, now: number): Promise<boolean>;
}
