import type { ConnectorStatus, QueueDepth } from "../contracts/sidecar-status.ts";
import type { AgentTurn } from "./agent-turn.ts";
import type { AdapterHost, ConnectorAdapter } from "./connector-adapter.ts";
import type { ConnectorStore } from "./connector-store.ts";
import { InboundPipeline } from "./inbound-pipeline.ts";
import type { ConnectorLogger } from "./logger.ts";
import { OutboundPipeline } from "./outbound-pipeline.ts";
import type { RoutingRules } from "./router.ts";

/** What a connector is, from the configuration. */
export interface ConnectorSpec {
  readonly connectorId: string;
  readonly kind: string;
  /** Applied at once, without a new connection. */
  readonly rules: RoutingRules;
  /** Two specs with equal keys can share one connection. */
  readonly connectionKey: string;
  createAdapter(host: AdapterHost, log: ConnectorLogger): ConnectorAdapter;
}

/** What all connectors work with. */
export interface ConnectorEnvironment {
  readonly store: ConnectorStore;
  readonly turn: AgentTurn;
  readonly log: ConnectorLogger;
  secret(ref: string, signal: AbortSignal): Promise<string>;
  /** Rows or states changed. */
  changed(): void;
  /** The store failed; returns milliseconds until the next try. */
  storeFault(thrown: unknown): number;
}

/** One running connector: its adapter and its two pipelines. */
export class ConnectorInstance {
  #spec: ConnectorSpec;
  readonly #environment: ConnectorEnvironment;
  readonly #adapter: ConnectorAdapter;
  readonly #inbound: InboundPipeline;
  readonly #outbound: OutboundPipeline;
  #lastInbound: number | null = null;
  #lastOutbound: number | null = null;

  constructor(spec: ConnectorSpec, environment: ConnectorEnvironment) {
    this.#spec = spec;
    this.#environment = environment;
    const { store, turn } = environment;
    const { connectorId } = spec;
    const log = withConnector(environment.log, connectorId);
    this.#adapter = spec.createAdapter(this.#host(), log);
    const shared = { connectorId, store, adapter: this.#adapter, log };
    const onStoreFault = (thrown: unknown): number => environment.storeFault(thrown);
    this.#inbound = new InboundPipeline({
      ...shared,
      turn,
      rules: () => this.#spec.rules,
      onReplies: () => this.#outbound.wake(),
      onActivity: () => environment.changed(),
      onStoreFault,
    });
    this.#outbound = new OutboundPipeline({
      ...shared,
      onActivity: (delivered) => {
        if (delivered) this.#lastOutbound = Date.now();
        environment.changed();
      },
      onStoreFault,
    });
  }

  get spec(): ConnectorSpec {
    return this.#spec;
  }

  start(): void {
    this.#inbound.start();
    this.#outbound.start();
    this.#adapter.start();
  }

  /** Applies new rules to the next event. */
  updateSpec(spec: ConnectorSpec): void {
    this.#spec = spec;
  }

  /** @param ref the secret that changed; null when there is somebody new to ask */
  credentialsChanged(ref: string | null): void {
    this.#adapter.credentialsChanged(ref);
  }

  /** First nothing new comes in, then what is in hand is answered and sent as far as the time allows. */
  async stop(drainMs: number): Promise<void> {
    const deadline = Date.now() + drainMs;
    await this.#adapter.stop();
    await this.#inbound.stop(Math.max(0, deadline - Date.now()));
    await this.#outbound.stop(Math.max(0, deadline - Date.now()));
    this.#adapter.dispose();
  }

  status(queue: QueueDepth): ConnectorStatus {
    const state = this.#adapter.state();
    return {
      connector_id: this.#spec.connectorId,
      kind: this.#spec.kind,
      enabled: true,
      readiness: state.readiness,
      liveness: state.liveness,
      identity: state.identity,
      queue,
      sessions_started: state.sessionsStarted,
      sessions_resumed: state.sessionsResumed,
      last_error: state.lastError,
      last_inbound_unix_ms: this.#lastInbound,
      last_outbound_unix_ms: this.#lastOutbound,
    };
  }

  #host(): AdapterHost {
    const { store, changed, secret } = this.#environment;
    const { connectorId } = this.#spec;
    return {
      accept: async (event, session) => {
        try {
          await this.#inbound.accept(event, session);
        } catch (thrown) {
          this.#environment.storeFault(thrown);
          throw thrown;
        }
        this.#lastInbound = Date.now();
      },
      loadSession: () => store.loadSession(connectorId),
      saveSession: (session) => store.saveSession(connectorId, session, Date.now()),
      watermarks: () => store.watermarks(connectorId),
      openGaps: () => store.openGaps(connectorId, Date.now()),
      closeGap: (conversationId) => store.closeGap(connectorId, conversationId, Date.now()),
      secret: (ref, signal) => secret(ref, signal),
      stateChanged: () => {
        this.#outbound.wake();
        changed();
      },
    };
  }
}

function withConnector(log: ConnectorLogger, connector: string): ConnectorLogger {
  return {
    debug: (message, fields) => log.debug(message, { connector, ...fields }),
    info: (message, fields) => log.info(message, { connector, ...fields }),
    warn: (message, fields) => log.warn(message, { connector, ...fields }),
    error: (message, fields) => log.error(message, { connector, ...fields }),
  };
}
