import type { ConnectorStore } from "../../connectors/connector-store.ts";
import type {
  DeliveryCounts,
  WebhookDeliveryStore,
} from "../../connectors/store/parts/webhook-delivery-store.ts";
import type { WebhookIntegration } from "../../contracts/webhook.ts";
import type { WebhooksStatus, WebhookWarning } from "../../contracts/webhook-status.ts";
import { PalyraError } from "../../platform/errors.ts";
import type { Logger } from "../../sidecar/log/logger.ts";
import type { DeliveryDesk, DeliveryDeskOptions } from "./delivery-desk.ts";
import { HookBudget } from "./hook-budget.ts";
import { HookCounters } from "./hook-counters.ts";
import type { HookAnswer, HookDoor, HookRefusal } from "./hook-door.ts";
import type { HookIngress } from "./hook-ingress.ts";
import { IntegrationSecrets } from "./integration-secrets.ts";
import type { RequestHeaders } from "./signature/scheme.ts";
import { WebhookRegistry } from "./webhook-registry.ts";
import { allWarnings, type IntegrationState, webhooksStatus } from "./webhook-view.ts";

/** Shortest time between two countings of the deliveries, in milliseconds. */
const countIntervalMs = 250;
/** A sender that comes too early is told to come again after so many seconds. */
const notReadySeconds = 30;

export interface WebhooksOptions {
  /** Path of `webhooks.toml`. */
  readonly file: string;
  readonly log: Logger;
  readonly secret: (ref: string, signal: AbortSignal) => Promise<string>;
  /** The status may have changed. */
  readonly changed: () => void;
}

/** What the open store brings with it. */
export interface WebhookBackground
  extends Pick<DeliveryDeskOptions, "destination" | "turn" | "ask" | "onFault"> {
  readonly store: Pick<ConnectorStore, "webhooks">;
}

interface Attached {
  readonly background: WebhookBackground;
  readonly store: WebhookDeliveryStore;
  readonly ingress: HookIngress;
  readonly desk: DeliveryDesk;
  counts: DeliveryCounts;
}

/** The webhooks of the gateway: who may send, what came in, and what becomes of it. */
export class Webhooks implements HookDoor {
  readonly registry: WebhookRegistry;
  readonly secrets: IntegrationSecrets;
  readonly #options: WebhooksOptions;
  readonly #budget = new HookBudget();
  readonly #counters = new HookCounters();
  #attached: Attached | null = null;
  #countTimer: NodeJS.Timeout | null = null;
  #listenerWarnings: readonly WebhookWarning[] = [];

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.secrets = new IntegrationSecrets({ secret: options.secret, changed: () => options.changed() });
    this.registry = new WebhookRegistry(options.file, options.log, () => {
      const { integrations } = this.registry.content;
      this.secrets.apply(integrations.values());
      this.#budget.keep(integrations);
      this.#attached?.desk.recheck();
      options.changed();
    });
  }

  /** Reads the registry and follows it. */
  open(): Promise<void> {
    return this.registry.open();
  }

  close(): void {
    this.registry.close();
    this.secrets.close();
  }

  /** The store is open: deliveries can be taken and have their effects. */
  async attach(background: WebhookBackground): Promise<void> {
    const [{ HookIngress }, { DeliveryDesk }, { AcceptQueue }, { deliveryLanes }] = await Promise.all([
      import("./hook-ingress.ts"),
      import("./delivery-desk.ts"),
      import("./accept-queue.ts"),
      import("./delivery-lanes.ts"),
    ]);
    const store = background.store.webhooks;
    const queue = new AcceptQueue(store);
    const desk = new DeliveryDesk({
      ...background,
      store,
      integration: (id) => this.registry.find(id),
      lanes: () => deliveryLanes(this.registry.content, this.registry.problem !== null),
      changed: () => this.#countSoon(),
      log: this.#options.log,
    });
    const ingress = new HookIngress({
      budget: this.#budget,
      counters: this.#counters,
      secrets: (integration) => this.secrets.of(integration),
      accept: (delivery) => queue.add(delivery),
      open: () => {
        const counts = this.#attached?.counts;
        return counts === undefined ? 0 : counts.received + counts.failed + counts.held;
      },
      accepted: ({ state }) => desk.wake(state),
    });
    this.#attached = { background, store, ingress, desk, counts: await store.counts() };
    desk.start();
    this.#options.changed();
  }

  /** The store is about to be closed. */
  async detach(): Promise<void> {
    const attached = this.#attached;
    this.#attached = null;
    if (this.#countTimer !== null) clearTimeout(this.#countTimer);
    this.#countTimer = null;
    await attached?.desk.stop();
  }

  /** Something happened to messages in the outbox, which may be those of deliveries. */
  messagesChanged(): void {
    this.#countSoon();
  }

  /** @throws `service_unavailable` until the store is open */
  get attached(): Omit<Attached, "counts" | "background"> {
    if (this.#attached !== null) return this.#attached;
    throw new PalyraError("service_unavailable", "The store of the deliveries is not open.");
  }

  admit(integrationId: string): { readonly kind: "admitted"; readonly maxBytes: number } | HookRefusal {
    const integration = this.#enabled(integrationId);
    if (integration === null) {
      // One and the same answer: who asks does not learn which ids there are.
      this.#counters.refused("unknown");
      return { kind: "refused", code: "not_found", message: "There is no such webhook." };
    }
    if (this.secrets.secretState(integration) !== "ready" || this.#attached === null) {
      this.#counters.refused("not_ready");
      return {
        kind: "refused",
        code: "service_unavailable",
        message: "The webhook is not ready.",
        retryAfterSeconds: notReadySeconds,
      };
    }
    return { kind: "admitted", maxBytes: integration.max_payload_bytes };
  }

  tooLarge(integrationId: string): HookRefusal {
    this.#counters.refused("payload_too_large");
    const limit = this.#enabled(integrationId)?.max_payload_bytes ?? 0;
    return { kind: "refused", code: "payload_too_large", message: `The body is larger than ${limit} bytes.` };
  }

  async receive(integrationId: string, headers: RequestHeaders, rawBody: Buffer): Promise<HookAnswer> {
    // Something may have changed while the body came in.
    const admitted = this.admit(integrationId);
    const integration = this.#enabled(integrationId);
    if (admitted.kind === "refused") return admitted;
    if (integration === null || this.#attached === null) {
      return { kind: "refused", code: "service_unavailable", message: "The webhook is not ready." };
    }
    return await this.#attached.ingress.receive(integration, headers, rawBody);
  }

  /** @param ref the secret that changed; null when there is somebody new to ask */
  secretChanged(ref: string | null): void {
    this.secrets.secretChanged(ref);
  }

  stateOf(integration: WebhookIntegration): IntegrationState {
    const { target } = integration;
    const background = this.#attached?.background;
    return {
      secretState: this.secrets.secretState(integration),
      previousSecretState: this.secrets.previousSecretState(integration),
      destinationKnown:
        target === undefined ||
        background === undefined ||
        background.destination(target.connector_id) !== null,
    };
  }

  /** What is to be said of the port beside the loopback one. */
  set listenerWarnings(warnings: readonly WebhookWarning[]) {
    this.#listenerWarnings = warnings;
    this.#options.changed();
  }

  get warnings(): WebhookWarning[] {
    const { content, problem } = this.registry;
    return allWarnings(content, (one) => this.stateOf(one), problem, this.#listenerWarnings);
  }

  /** Null while there is nothing to say: no integration, no listener, nothing wrong in the file. */
  get status(): WebhooksStatus | null {
    const { content } = this.registry;
    const { warnings } = this;
    if (content.integrations.size === 0 && warnings.length === 0) return null;
    return webhooksStatus(content, (one) => this.stateOf(one), {
      warnings,
      deliveries: this.#attached?.counts ?? null,
      requests: this.#counters.figures,
    });
  }

  #enabled(integrationId: string): WebhookIntegration | null {
    const integration = this.registry.find(integrationId.toLowerCase());
    return integration?.enabled === true ? integration : null;
  }

  #countSoon(): void {
    if (this.#attached === null || this.#countTimer !== null) return;
    this.#countTimer = setTimeout(() => {
      this.#countTimer = null;
      const attached = this.#attached;
      attached?.store.counts().then(
        (counts) => {
          attached.counts = counts;
          this.#options.changed();
        },
        (thrown: unknown) => attached.background.onFault(thrown),
      );
    }, countIntervalMs);
    this.#countTimer.unref();
  }
}
