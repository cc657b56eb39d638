import type { CommandDesk } from "../connectors/commands/command-desk.ts";
import type { ConnectorStore } from "../connectors/connector-store.ts";
import { ConnectorSupervisor } from "../connectors/connector-supervisor.ts";
import { PairingDesk } from "../connectors/router/pairing/pairing-desk.ts";
import type { RuleSet } from "../connectors/router/rule-set.ts";
import type { InboundMessageEvent } from "../contracts/connector.ts";
import { discordConnectorId, type GatewayConfig } from "../contracts/gateway-config.ts";
import type { ConnectorStatus, RecentMessage } from "../contracts/sidecar-status.ts";
import { messageOf } from "../platform/errors.ts";
import type { SidecarContext } from "../sidecar/run-sidecar.ts";
import type { Agent } from "./agent/agent.ts";
import { ApprovalDesk } from "./approvals/approval-desk.ts";
import { type AttachmentDesk, type FileConnector, fileTurn } from "./attachments.ts";
import { ChannelDesk, withSaturation } from "./channel-desk.ts";
import { discordCommands, gatewayCommands } from "./command-wiring.ts";
import { discordSpecs } from "./discord-specs.ts";
import type { GatewayFacts } from "./gateway-status.ts";
import { MessageDesk } from "./message-desk.ts";
import { StoreFigures } from "./store-figures.ts";
import type { Destination } from "./webhooks/delivery-desk.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";

/** Rows beyond their retention are deleted this often, in milliseconds. */
const pruneIntervalMs = 60 * 60 * 1000;

export interface OpenChannelsOptions {
  readonly context: SidecarContext;
  readonly store: ConnectorStore;
  readonly files: AttachmentDesk;
  readonly webhooks: Pick<Webhooks, "attach" | "messagesChanged">;
  readonly config: () => GatewayConfig;
  readonly rules: () => RuleSet;
  readonly agent: Agent;
  /** The state of a connector may have changed. */
  readonly changed: () => void;
  /** A message of a person has come in. */
  readonly heard: (event: InboundMessageEvent) => void;
  /** The store failed; returns milliseconds until the next try. */
  readonly storeFault: (thrown: unknown) => number;
}

/** The connectors and the desks of operators, as they are built on one open store. */
export class OpenChannels {
  readonly connectors: ConnectorSupervisor;
  readonly pairing: PairingDesk;
  /** What operators do. */
  readonly desk: ChannelDesk;
  /** Administration of messages. */
  readonly messages: MessageDesk;
  /** Where risky actions wait for the owner. */
  readonly approvals: ApprovalDesk;
  readonly figures: StoreFigures;
  readonly #options: OpenChannelsOptions;
  readonly #commands: CommandDesk;
  #pruneTimer: NodeJS.Timeout | null = null;

  constructor(options: OpenChannelsOptions) {
    const { agent, changed, context, files, heard, rules, store, storeFault, webhooks } = options;
    this.#options = options;
    const figures = new StoreFigures({
      store,
      connectorIds: () => this.connectors.ids(),
      onChange: () => context.statusChanged(),
      onFault: storeFault,
    });
    this.figures = figures;
    const pairing = new PairingDesk({ store: store.pairing, rules });
    this.pairing = pairing;
    const commands = gatewayCommands({ store, rules, pairing, connectors: () => this.connectors });
    this.#commands = commands;
    this.connectors = new ConnectorSupervisor({
      store,
      log: context.log,
      rules,
      pairing,
      commands,
      turn: fileTurn(agent, files, (id) => this.#fileConnector(id)),
      secret: (ref, signal) => context.secrets.get(ref, signal),
      changed: () => {
        figures.touch();
        webhooks.messagesChanged();
        context.statusChanged();
        changed();
      },
      heard,
      storeFault,
    });
    this.desk = new ChannelDesk(store, this.connectors, files, () => {
      figures.touch();
      webhooks.messagesChanged();
    });
    const redact = (text: string): string => context.redactor.redact(text);
    this.approvals = new ApprovalDesk({
      store: store.approvals,
      redact,
      changed: () => {
        figures.touch();
        context.statusChanged();
      },
      onFault: storeFault,
    });
    this.messages = new MessageDesk(this.connectors, this.approvals, redact);
  }

  /** Starts the connectors of the configuration and everything that goes on by itself. */
  async begin(): Promise<void> {
    await this.figures.begin(Object.keys(this.#options.config().channels.discord).map(discordConnectorId));
    await this.applyConfig();
    await this.#attachWebhooks();
    await this.figures.read();
    const { context, files, store, storeFault } = this.#options;
    this.#pruneTimer = setInterval(() => {
      store.prune(Date.now()).catch(storeFault);
      files.folder.prune(Date.now()).catch((thrown: unknown) => {
        context.log.warn("old files could not be removed", { error: messageOf(thrown) });
      });
    }, pruneIntervalMs);
    this.#pruneTimer.unref();
  }

  /** Brings the connectors in line with the configuration. */
  async applyConfig(): Promise<void> {
    const { files, store } = this.#options;
    const config = this.#options.config();
    const isNeeded = Object.keys(config.channels.discord).length > 0;
    const commandsOf = (connectorId: string) => discordCommands(this.#commands, store, connectorId);
    const specs = isNeeded
      ? discordSpecs(config, await import("../connectors/discord/discord-adapter.ts"), commandsOf, files)
      : [];
    await this.connectors.apply(specs);
  }

  /** No approval is given any more, and nothing is pruned. To be called before `stop`. */
  close(): void {
    if (this.#pruneTimer !== null) clearInterval(this.#pruneTimer);
    this.approvals.close();
  }

  /** Ends the connectors, with `drainMs` for what they have in hand. */
  async stop(drainMs: number): Promise<void> {
    await this.connectors.stop(drainMs);
    await this.figures.read().catch(this.#options.storeFault);
    this.figures.close();
  }

  facts(): Pick<GatewayFacts, "store" | "connectors" | "approvals"> {
    const { figures } = this;
    const named = <Message extends Pick<RecentMessage, "connector_id" | "conversation">>(
      message: Message,
    ): Message => ({
      ...message,
      conversation:
        this.connectors.conversationName(message.connector_id, message.conversation) ?? message.conversation,
    });
    return {
      store: {
        totals: figures.totals,
        recentMessages: figures.recentMessages.map(named),
        undelivered: figures.undelivered?.map(named) ?? null,
        newestEventId: figures.newestEventId,
      },
      approvals: this.approvals.pending,
      connectors: this.#statuses(),
    };
  }

  async #attachWebhooks(): Promise<void> {
    const { agent, files, store, storeFault, webhooks } = this.#options;
    await webhooks.attach({
      store,
      destination: (connectorId) => this.#destination(connectorId),
      turn: fileTurn(agent, files, (id) => this.#fileConnector(id)),
      ask: (draft, signal) => this.approvals.ask(draft, signal),
      onFault: storeFault,
    });
  }

  #destination(connectorId: string): Destination | null {
    if (!this.connectors.ids().includes(connectorId)) return null;
    const instance = this.connectors.running(connectorId);
    if (instance === null) return null;
    return { split: (text) => instance.adapter.split(text), wake: () => instance.wake() };
  }

  #fileConnector(connectorId: string): FileConnector {
    return {
      adapter: this.connectors.running(connectorId)?.adapter ?? null,
      note: (entry) => this.connectors.note(connectorId, entry),
    };
  }

  #statuses(): ConnectorStatus[] {
    const { connectors, figures } = this;
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
}
