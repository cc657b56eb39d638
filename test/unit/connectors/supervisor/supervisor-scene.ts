import type { AgentTurn } from "../../../../src/connectors/agent-turn.ts";
import type { AdapterHost, AdapterState } from "../../../../src/connectors/connector-adapter.ts";
import type { ConnectorSpec } from "../../../../src/connectors/connector-instance.ts";
import { ConnectorSupervisor } from "../../../../src/connectors/connector-supervisor.ts";
import { EchoAdapter } from "../../../../src/connectors/echo/echo-adapter.ts";
import { PairingDesk } from "../../../../src/connectors/router/pairing/pairing-desk.ts";
import { compileRuleSet } from "../../../../src/connectors/router/rule-set.ts";
import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import type { DeliveryOutcome, OutboundMessageRequest } from "../../../../src/contracts/connector.ts";
import { RouterConfig } from "../../../../src/contracts/router-config.ts";
import type { ConnectorStatus } from "../../../../src/contracts/sidecar-status.ts";
import { gatewayCommands } from "../../../../src/gateway/command-wiring.ts";
import { FaultyDisk } from "../store/faulty-disk.ts";
import { openNumbers } from "../store/numbered-rows.ts";
import { sampleEvent } from "../store/sample-messages.ts";

/** A connector whose provider does what a test says. */
export class LabAdapter extends EchoAdapter {
  readonly #host: AdapterHost;
  /** What becomes of a message instead of its delivery. */
  provider: ((request: OutboundMessageRequest) => Promise<DeliveryOutcome> | null) | null = null;
  facts: Partial<AdapterState> = {};
  sends = 0;
  /** How often it showed that an answer is being written. */
  typed = 0;

  constructor(host: AdapterHost) {
    super(host);
    this.#host = host;
  }

  override state(): AdapterState {
    return { ...super.state(), ...this.facts };
  }

  override async showTyping(): Promise<void> {
    this.typed += 1;
  }

  override async send(request: OutboundMessageRequest): Promise<DeliveryOutcome> {
    this.sends += 1;
    return (await this.provider?.(request)) ?? (await super.send(request));
  }

  become(facts: Partial<AdapterState>): void {
    this.facts = facts;
    this.#host.stateChanged();
  }

  askSecret(ref: string): Promise<string> {
    return this.#host.secret(ref, new AbortController().signal);
  }

  hears(n: number, body = `message ${n}`, conversation = "echo:dm:1"): Promise<void> {
    const event = sampleEvent(n, {
      connector_id: this.connectorId,
      conversation_id: conversation,
      provider_message_id: `${this.connectorId}-${n}`,
      envelope_id: `01${this.connectorId
        .replace(/[^a-z]/g, "")
        .toUpperCase()
        .replace(/[ILOU]/g, "X")
        .slice(-4)
        .padStart(4, "0")}${String(n).padStart(20, "0")}`,
      guild_id: null,
      is_direct_message: true,
      body,
    });
    return this.say(event);
  }

  connectorId = "";
}

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A supervisor over a store on a disk in memory. */
export class SupervisorScene {
  readonly disk = new FaultyDisk();
  readonly adapters = new Map<string, LabAdapter>();
  readonly secrets = new Map<string, string>();
  turn: AgentTurn = async (event) => [{ text: event.body, in_reply_to_message_id: null }];
  /** Routing rules beside those that answer everybody. */
  routing: Record<string, unknown> = {};
  store!: SqliteConnectorStore;
  supervisor!: ConnectorSupervisor;

  static async open(): Promise<SupervisorScene> {
    const scene = new SupervisorScene();
    await scene.start();
    return scene;
  }

  /** Opens the store and begins with no connector. */
  async start(): Promise<void> {
    this.store = new SqliteConnectorStore(
      await openNumbers(this.disk.layer, { migrations: connectorMigrations }),
    );
    await this.store.recoverInterrupted(Date.now());
    const rules = () =>
      compileRuleSet({
        router: RouterConfig.parse({
          default_channel_enabled: true,
          default_direct_message_policy: "allow",
          default_concurrency_limit: 32,
          ...this.routing,
        }),
        accounts: {},
      });
    const { store } = this;
    const pairing = new PairingDesk({ store: store.pairing, rules });
    this.supervisor = new ConnectorSupervisor({
      store,
      log,
      rules,
      pairing,
      commands: gatewayCommands({ store, rules, pairing, connectors: () => this.supervisor }),
      turn: (event, signal, plan) => this.turn(event, signal, plan),
      secret: async (ref) => this.secrets.get(ref) ?? "",
      changed: () => undefined,
      storeFault: (thrown) => {
        throw thrown;
      },
    });
  }

  spec(connectorId: string, more: Partial<ConnectorSpec> = {}): ConnectorSpec {
    return {
      connectorId,
      kind: "echo",
      enabled: true,
      tokenRef: `token of ${connectorId}`,
      egressAllowlist: [],
      connectionKey: "1",
      createAdapter: (host) => {
        const adapter = new LabAdapter(host);
        adapter.connectorId = connectorId;
        this.adapters.set(connectorId, adapter);
        return adapter;
      },
      ...more,
    };
  }

  adapter(connectorId: string): LabAdapter {
    const adapter = this.adapters.get(connectorId);
    if (adapter === undefined) throw new Error(`${connectorId} was never started`);
    return adapter;
  }

  async status(connectorId: string): Promise<ConnectorStatus> {
    return this.supervisor.status(connectorId, await this.store.queueDepth(connectorId));
  }

  async eventTypes(connectorId: string): Promise<string[]> {
    const events = await this.store.events.list({ connectorId, limit: 100 });
    return events.map((event) => event.type).reverse();
  }

  async stop(): Promise<void> {
    await this.supervisor.stop(1_000);
    await this.store.close();
  }
}
