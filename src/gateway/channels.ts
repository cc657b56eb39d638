import type { CommandDesk } from "../connectors/commands/command-desk.ts";
import { ConnectorSupervisor } from "../connectors/connector-supervisor.ts";
import { PairingDesk } from "../connectors/router/pairing/pairing-desk.ts";
import type { RuleSet } from "../connectors/router/rule-set.ts";
import type { OpenedConnectorStore } from "../connectors/store/open-connector-store.ts";
import type { ConnectorEventInput } from "../connectors/store/parts/event-store.ts";
import { locateStoreAssets } from "../connectors/store/store-assets.ts";
import type { InboundMessageEvent } from "../contracts/connector.ts";
import type { ErrorDetails } from "../contracts/errors.ts";
import type { GatewayConfig } from "../contracts/gateway-config.ts";
import type { ConnectorStatus, RecentMessage } from "../contracts/sidecar-status.ts";
import type { EventsRequest, EventsResponse } from "../contracts/timeline.ts";
import { detailsOf, messageOf, PalyraError } from "../platform/errors.ts";
import type { SidecarContext } from "../sidecar/run-sidecar.ts";
import type { Agent } from "./agent/agent.ts";
import { ApprovalDesk } from "./approvals/approval-desk.ts";
import { AttachmentDesk, type FileConnector, fileTurn } from "./attachments.ts";
import { ChannelDesk, withSaturation } from "./channel-desk.ts";
import { discordCommands, gatewayCommands } from "./command-wiring.ts";
import { discordSpecs } from "./discord-specs.ts";
import { eventsAfter } from "./events-after.ts";
import type { GatewayFacts } from "./gateway-status.ts";
import { MessageDesk } from "./message-desk.ts";
import { StoreFigures } from "./store-figures.ts";
import type { Destination } from "./webhooks/delivery-desk.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";

/** Wait after a fault of the store, in milliseconds. */
const storeRetryMs = 5_000;
/** Rows beyond their retention are deleted this often, in milliseconds. */
const pruneIntervalMs = 60 * 60 * 1000;

export interface ChannelsOptions {
  readonly context: SidecarContext;
  readonly webhooks: Pick<Webhooks, "attach" | "detach">;
  readonly config: () => GatewayConfig;
  /** The routing rules in it. */
  readonly rules: () => RuleSet;
  readonly agent: Agent;
  /** `import.meta.url` of the program's entry. */
  readonly bundleUrl: string;
}

/** The store and the connectors of the gateway, from opening the one to stopping the others. */
export class Channels {
  readonly #context: SidecarContext;
  readonly #options: ChannelsOptions;
  #opened: OpenedConnectorStore | null = null;
  #figures: StoreFigures | null = null;
  #connectors: ConnectorSupervisor | null = null;
  #pairing: PairingDesk | null = null;
  #desk: ChannelDesk | null = null;
  #messages: MessageDesk | null = null;
  #attachments: AttachmentDesk | null = null;
  #approvals: ApprovalDesk | null = null;
  #commands: CommandDesk | null = null;
  #configNote: ConnectorEventInput | null = null;
  #problem: ErrorDetails | null = new PalyraError(
    "service_unavailable",
    "The message store is being opened.",
  ).toDetails();
  #pruneTimer: NodeJS.Timeout | null = null;
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
    this.#opening = this.#open().catch((thrown: unknown) => {
      this.#problem = detailsOf(thrown);
      this.#context.log.error("the message store cannot be opened", { error: messageOf(thrown) });
      this.#context.statusChanged();
      if (!this.#stopped) this.#reopenTimer = setTimeout(() => this.open(), storeRetryMs);
    });
  }

  /** Brings the connectors in line with the configuration. */
  async applyConfig(): Promise<void> {
    const [connectors, desk, store] = [this.#connectors, this.#commands, this.#opened?.store];
    const files = this.#attachments;
    if (connectors === null || desk === null || store === undefined || files === null) return;
    const config = this.#options.config();
    const isNeeded = Object.keys(config.channels.discord).length > 0;
    const commandsOf = (connectorId: string) => discordCommands(desk, store, connectorId);
    const specs = isNeeded
      ? discordSpecs(config, await import("../connectors/discord/discord-adapter.ts"), commandsOf, files)
      : [];
    await connectors.apply(specs);
  }

  credentialsChanged(ref: string | null): void {
    this.#connectors?.credentialsChanged(ref);
  }

  /** The connectors. @throws `service_unavailable` until the store is open */
  get connectors(): ConnectorSupervisor {
    if (this.#connectors !== null) return this.#connectors;
    throw this.#notOpen();
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
    if (this.#pairing !== null) return this.#pairing;
    throw this.#notOpen();
  }

  /** What operators do. @throws `service_unavailable` until the store is open */
  get desk(): ChannelDesk {
    if (this.#desk !== null) return this.#desk;
    throw this.#notOpen();
  }

  /** Administration of messages. @throws `service_unavailable` until the store is open */
  get messages(): MessageDesk {
    if (this.#messages !== null) return this.#messages;
    throw this.#notOpen();
  }

  /** Where risky actions wait for the owner. @throws `service_unavailable` until the store is open */
  get approvals(): ApprovalDesk {
    if (this.#approvals !== null) return this.#approvals;
    throw this.#notOpen();
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

  #writeConfigNote(): void {
    const [note, store] = [this.#configNote, this.#opened?.store];
    if (note === null || store === undefined) return;
    this.#configNote = null;
    store.events.append(note, Date.now()).then(
      () => this.#figures?.touch(),
      (thrown: unknown) => this.#storeFault(thrown),
    );
  }

  #notOpen(): PalyraError {
    const problem = this.#problem;
    return problem === null
      ? new PalyraError("service_unavailable", "The message store is not open.")
      : PalyraError.fromDetails(problem);
  }

  facts(): Pick<GatewayFacts, "store" | "storeProblem" | "connectors" | "approvals"> {
    const figures = this.#figures;
    const named = <Message extends Pick<RecentMessage, "connector_id" | "conversation">>(
      message: Message,
    ): Message => ({
      ...message,
      conversation:
        this.#connectors?.conversationName(message.connector_id, message.conversation) ??
        message.conversation,
    });
    return {
      store:
        figures === null
          ? null
          : {
              totals: figures.totals,
              recentMessages: figures.recentMessages.map(named),
              undelivered: figures.undelivered?.map(named) ?? null,
              newestEventId: figures.newestEventId,
            },
      storeProblem: this.#problem,
      approvals: this.#approvals?.pending ?? null,
      connectors: this.#statuses(),
    };
  }

  async stop(drainMs: number): Promise<void> {
    this.#stopped = true;
    if (this.#reopenTimer !== null) clearTimeout(this.#reopenTimer);
    await this.#opening;
    await this.#close(drainMs);
  }

  async #close(drainMs: number): Promise<void> {
    if (this.#pruneTimer !== null) clearInterval(this.#pruneTimer);
    this.#approvals?.close();
    await this.#options.webhooks.detach();
    await this.#connectors?.stop(drainMs);
    await this.#figures?.read().catch((thrown: unknown) => this.#storeFault(thrown));
    this.#figures?.close();
    await this.#opened?.store.close();
  }

  /** Lets go of a store that cannot be used, and of all that is built on it. */
  async #abandon(): Promise<void> {
    await this.#close(0);
    this.#connectors = null;
    this.#desk = null;
    this.#messages = null;
    this.#approvals = null;
    this.#commands = null;
    this.#pairing = null;
    this.#figures = null;
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

  async #open(): Promise<void> {
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

  async #begin(opened: OpenedConnectorStore): Promise<void> {
    const { store } = opened;
    const { log } = this.#context;
    const recovered = await store.recoverInterrupted(Date.now());
    if (recovered.inbound + recovered.outbound > 0) log.info("work was taken up again", { ...recovered });
    this.#attachments = await AttachmentDesk.open({
      folder: this.#context.paths.filesDir,
      config: () => this.#options.config().media,
      held: () => store.heldFiles(),
    });
    this.#startConnectors(opened, this.#attachments);
    await this.#approvals?.open();
    this.#problem = null;
    await this.applyConfig();
    await this.#attachWebhooks(opened, this.#attachments);
    this.#writeConfigNote();
    await this.#figures?.read();
    this.#pruneTimer = setInterval(() => {
      store.prune(Date.now()).catch((thrown: unknown) => this.#storeFault(thrown));
      this.#attachments?.folder.prune(Date.now()).catch((thrown: unknown) => {
        this.#context.log.warn("old files could not be removed", { error: messageOf(thrown) });
      });
    }, pruneIntervalMs);
    this.#pruneTimer.unref();
    this.#context.statusChanged();
  }

  #startConnectors(opened: OpenedConnectorStore, files: AttachmentDesk): void {
    const { context, agent } = this.#options;
    const figures = new StoreFigures({
      store: opened.store,
      connectorIds: () => this.#connectors?.ids() ?? [],
      onChange: () => context.statusChanged(),
      onFault: (thrown) => this.#storeFault(thrown),
    });
    this.#figures = figures;
    const { rules } = this.#options;
    const pairing = new PairingDesk({ store: opened.store.pairing, rules });
    this.#pairing = pairing;
    const { store } = opened;
    const commands = gatewayCommands({ store, rules, pairing, connectors: () => this.#connectors });
    this.#commands = commands;
    this.#connectors = new ConnectorSupervisor({
      store: opened.store,
      log: context.log,
      rules,
      pairing,
      commands,
      turn: fileTurn(agent, files, (id) => this.#fileConnector(id)),
      secret: (ref, signal) => context.secrets.get(ref, signal),
      changed: () => {
        figures.touch();
        context.statusChanged();
        for (const listener of this.#changeListeners) listener();
      },
      heard: (event) => {
        for (const listener of this.#heardListeners) listener(event);
      },
      storeFault: (thrown) => this.#storeFault(thrown),
    });
    this.#desk = new ChannelDesk(opened.store, this.#connectors, files, () => figures.touch());
    const redact = (text: string): string => context.redactor.redact(text);
    const approvals = new ApprovalDesk({
      store: store.approvals,
      redact,
      changed: () => {
        figures.touch();
        context.statusChanged();
      },
      onFault: (thrown) => this.#storeFault(thrown),
    });
    this.#approvals = approvals;
    this.#messages = new MessageDesk(this.#connectors, approvals, redact);
  }

  async #attachWebhooks({ store }: OpenedConnectorStore, files: AttachmentDesk): Promise<void> {
    const { agent, webhooks } = this.#options;
    await webhooks.attach({
      store,
      destination: (connectorId) => this.#destination(connectorId),
      turn: fileTurn(agent, files, (id) => this.#fileConnector(id)),
      ask: (draft, signal) => this.approvals.ask(draft, signal),
      onFault: (thrown) => this.#storeFault(thrown),
    });
  }

  #destination(connectorId: string): Destination | null {
    const connectors = this.#connectors;
    if (connectors?.ids().includes(connectorId) !== true) return null;
    const instance = connectors.running(connectorId);
    if (instance === null) return null;
    return { split: (text) => instance.adapter.split(text), wake: () => instance.wake() };
  }

  #fileConnector(connectorId: string): FileConnector {
    return {
      adapter: this.#connectors?.running(connectorId)?.adapter ?? null,
      note: (entry) => this.#connectors?.note(connectorId, entry),
    };
  }

  #statuses(): ConnectorStatus[] {
    const figures = this.#figures;
    const connectors = this.#connectors;
    if (figures === null || connectors === null) return [];
    return connectors
      .statuses((id) => figures.depthOf(id))
      .map((status) => {
        const queue = figures.queueOf(status.connector_id);
        const limits = connectors.running(status.connector_id)?.adapter.rateLimits?.() ?? null;
        const known = figures.figuresOf(status.connector_id);
        const told = known === null ? status : { ...status, figures: known };
        return queue === null ? told : withSaturation(told, queue, limits);
      });
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
