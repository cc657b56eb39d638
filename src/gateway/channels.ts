import type { ConnectorSupervisor } from "../connectors/connector-supervisor.ts";
import type { PairingDesk } from "../connectors/router/pairing/pairing-desk.ts";
import type { RuleSet } from "../connectors/router/rule-set.ts";
import type { OpenedConnectorStore } from "../connectors/store/open-connector-store.ts";
import type { ConnectorEventInput } from "../connectors/store/parts/event-store.ts";
import { locateStoreAssets } from "../connectors/store/store-assets.ts";
import type { InboundMessageEvent } from "../contracts/connector.ts";
import type { ErrorDetails } from "../contracts/errors.ts";
import type { GatewayConfig } from "../contracts/gateway-config.ts";
import type { EventsRequest, EventsResponse } from "../contracts/timeline.ts";
import { detailsOf, messageOf, PalyraError } from "../platform/errors.ts";
import type { SidecarContext } from "../sidecar/run-sidecar.ts";
import type { Agent } from "./agent/agent.ts";
import type { ApprovalDesk } from "./approvals/approval-desk.ts";
import { AttachmentDesk } from "./attachments.ts";
import type { ChannelDesk } from "./channel-desk.ts";
import { eventsAfter } from "./events-after.ts";
import type { GatewayFacts } from "./gateway-status.ts";
import type { MessageDesk } from "./message-desk.ts";
import { OpenChannels } from "./open-channels.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";

/** Wait after a fault of the store, in milliseconds. */
const storeRetryMs = 5_000;

export interface ChannelsOptions {
  readonly context: SidecarContext;
  readonly webhooks: Pick<Webhooks, "attach" | "detach" | "messagesChanged">;
  readonly config: () => GatewayConfig;
  /** The routing rules in it. */
  readonly rules: () => RuleSet;
  readonly agent: Agent;
  /** `import.meta.url` of the program's entry. */
  readonly bundleUrl: string;
}

/** The store of the gateway and what is built on it, from opening the one to stopping the other. */
export class Channels {
  readonly #context: SidecarContext;
  readonly #options: ChannelsOptions;
  #opened: OpenedConnectorStore | null = null;
  /** Null while the store is not open. */
  #running: OpenChannels | null = null;
  /** Whether its connectors are those of the configuration: before that there seem to be none. */
  #hasConnectors = false;
  #configNote: ConnectorEventInput | null = null;
  #problem: ErrorDetails | null = new PalyraError(
    "service_unavailable",
    "The message store is being opened.",
  ).toDetails();
  #reopenTimer: NodeJS.Timeout | null = null;
  #opening: Promise<void> = Promise.resolve();
  #stopped = false;
  readonly #changeListeners = new Set<() => void>();
  readonly #heardListeners = new Set<(event: InboundMessageEvent) => void>();

  constructor(options: ChannelsOptions) {
    this.#options = options;
    this.#context = options.context;
  }

  /**
   * Opens the store and starts the connectors. Tries again by itself while that cannot be done, and opens
   * anew after the store failed: a full disk is waited out, never a reason to end.
   */
  open(): void {
    this.#opening = this.#openStore().catch((thrown: unknown) => {
      this.#problem = detailsOf(thrown);
      this.#context.log.error("the message store cannot be opened", { error: messageOf(thrown) });
      this.#context.statusChanged();
      if (!this.#stopped) this.#reopenTimer = setTimeout(() => this.open(), storeRetryMs);
    });
  }

  /** Brings the connectors in line with the configuration. */
  async applyConfig(): Promise<void> {
    await this.#running?.applyConfig();
  }

  credentialsChanged(ref: string | null): void {
    this.#running?.connectors.credentialsChanged(ref);
  }

  /** The connectors. @throws `service_unavailable` until they are known */
  get connectors(): ConnectorSupervisor {
    return this.#withConnectors().connectors;
  }

  /** Calls back when the state of a connector may have changed, until the returned function is called. */
  watch(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  /** Calls back with each message that comes in, until the returned function is called. */
  listen(listener: (event: InboundMessageEvent) => void): () => void {
    this.#heardListeners.add(listener);
    return () => this.#heardListeners.delete(listener);
  }

  /** Pairing of people for direct messages. @throws `service_unavailable` until the store is open */
  get pairing(): PairingDesk {
    return this.#required().pairing;
  }

  /** What operators do. @throws `service_unavailable` until the connectors are known */
  get desk(): ChannelDesk {
    return this.#withConnectors().desk;
  }

  /** Administration of messages. @throws `service_unavailable` until the connectors are known */
  get messages(): MessageDesk {
    return this.#withConnectors().messages;
  }

  /** Where risky actions wait for the owner. @throws `service_unavailable` until the store is open */
  get approvals(): ApprovalDesk {
    return this.#required().approvals;
  }

  /** What happened after a place in the log of events. Nothing until the store is open. */
  async events(request: EventsRequest): Promise<EventsResponse> {
    const opened = this.#opened;
    return opened === null
      ? { events: [], next: request.after, more: false }
      : await eventsAfter(opened.store.events, request);
  }

  /** Notes what became of a change of the configuration, as soon as the store is open. */
  noteConfig(event: ConnectorEventInput): void {
    this.#configNote = event;
    this.#writeConfigNote();
  }

  facts(): Pick<GatewayFacts, "store" | "storeProblem" | "connectors" | "approvals"> {
    const facts = this.#running?.facts() ?? { store: null, connectors: [], approvals: null };
    return { ...facts, storeProblem: this.#problem };
  }

  async stop(drainMs: number): Promise<void> {
    this.#stopped = true;
    if (this.#reopenTimer !== null) clearTimeout(this.#reopenTimer);
    await this.#opening;
    await this.#close(drainMs);
  }

  #required(): OpenChannels {
    if (this.#running !== null) return this.#running;
    throw this.#notOpen();
  }

  #withConnectors(): OpenChannels {
    const open = this.#required();
    if (this.#hasConnectors) return open;
    throw this.#notOpen();
  }

  #notOpen(): PalyraError {
    const problem = this.#problem;
    return problem === null
      ? new PalyraError("service_unavailable", "The message store is not open.")
      : PalyraError.fromDetails(problem);
  }

  #writeConfigNote(): void {
    const [note, store] = [this.#configNote, this.#opened?.store];
    if (note === null || store === undefined) return;
    this.#configNote = null;
    store.events.append(note, Date.now()).then(
      () => this.#running?.figures.touch(),
      (thrown: unknown) => this.#storeFault(thrown),
    );
  }

  async #close(drainMs: number): Promise<void> {
    this.#running?.close();
    await this.#options.webhooks.detach();
    await this.#running?.stop(drainMs);
    await this.#opened?.store.close();
  }

  /** Lets go of a store that cannot be used, and of all that is built on it. */
  async #abandon(): Promise<void> {
    await this.#close(0);
    this.#running = null;
    this.#hasConnectors = false;
    this.#opened = null;
    this.#context.statusChanged();
  }

  /** The store failed and takes no more: what is on the disk is read again as soon as the disk works. */
  #openAnew(): void {
    this.#opening = this.#opening
      .then(() => this.#abandon())
      .catch((thrown: unknown) => {
        this.#context.log.error("the failed store could not be closed", { error: messageOf(thrown) });
      })
      .then(() => {
        if (!this.#stopped) this.#reopenTimer = setTimeout(() => this.open(), storeRetryMs);
      });
  }

  async #openStore(): Promise<void> {
    const context = this.#context;
    const { log } = context;
    const { openConnectorStore } = await import("../connectors/store/open-connector-store.ts");
    const opened = await openConnectorStore({
      folder: context.paths.storeDir,
      assets: locateStoreAssets(this.#options.bundleUrl),
      onEvent: (event) => log[event.level](event.message, { event: event.kind, ...event.details }),
    });
    if (this.#stopped) {
      await opened.store.close();
      return;
    }
    this.#opened = opened;
    try {
      await this.#begin(opened);
    } catch (thrown) {
      // Left open, it would lock out the next attempt.
      await this.#abandon();
      throw thrown;
    }
    opened.onFailure((error) => {
      this.#storeFault(error);
      this.#openAnew();
    });
  }

  async #begin({ store }: OpenedConnectorStore): Promise<void> {
    const { agent, config, context, rules, webhooks } = this.#options;
    const recovered = await store.recoverInterrupted(Date.now());
    if (recovered.inbound + recovered.outbound > 0)
      context.log.info("work was taken up again", { ...recovered });
    const files = await AttachmentDesk.open({
      folder: context.paths.filesDir,
      config: () => config().media,
      held: () => store.heldFiles(),
    });
    const open = new OpenChannels({
      context,
      store,
      files,
      webhooks,
      config,
      rules,
      agent,
      changed: () => {
        for (const listener of this.#changeListeners) listener();
      },
      heard: (event) => {
        for (const listener of this.#heardListeners) listener(event);
      },
      storeFault: (thrown) => this.#storeFault(thrown),
    });
    this.#running = open;
    await open.approvals.open();
    this.#writeConfigNote();
    const before = this.#problem;
    await open.begin();
    this.#hasConnectors = true;
    // Only now the connectors are known: until then the status says that the store is being opened.
    if (this.#problem === before) this.#problem = null;
    context.statusChanged();
  }

  /** Shows a fault of the store. Returns when the next try makes sense, in milliseconds. */
  #storeFault(thrown: unknown): number {
    const details = detailsOf(this.#opened?.failure() ?? thrown);
    this.#context.log.error("the message store failed", { code: details.code, error: messageOf(thrown) });
    this.#problem = details;
    this.#context.statusChanged();
    return storeRetryMs;
  }
}
