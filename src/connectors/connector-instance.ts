import type { InboundMessageEvent } from "../contracts/connector.ts";
import type { CircuitStatus, DrainOutcome } from "../contracts/connector-operations.ts";
import type { ErrorDetails } from "../contracts/errors.ts";
import type { ConnectorStatus, QueueDepth } from "../contracts/sidecar-status.ts";
import { detailsOf, PalyraError } from "../platform/errors.ts";
import type { AgentTurn } from "./agent-turn.ts";
import type { CommandDesk } from "./commands/command-desk.ts";
import type { AdapterHost, AdapterState, ConnectorAdapter } from "./connector-adapter.ts";
import type { ConnectorStore } from "./connector-store.ts";
import { InboundPipeline } from "./inbound-pipeline.ts";
import type { ConnectorLogger } from "./logger.ts";
import { OutboundPipeline } from "./outbound-pipeline.ts";
import { InboundRouting } from "./router/inbound-routing.ts";
import type { PairingDesk } from "./router/pairing/pairing-desk.ts";
import type { RuleSet } from "./router/rule-set.ts";
import type { ConnectorInstanceRecord } from "./store/parts/instance-store.ts";
import type { AccountClaims } from "./supervisor/account-claims.ts";
import { ConnectorJournal } from "./supervisor/connector-journal.ts";
import type { FairSlots } from "./supervisor/fair-slots.ts";
import { RuntimeRecord } from "./supervisor/runtime-record.ts";

/** What a connector is, from the configuration. */
export interface ConnectorSpec {
  readonly connectorId: string;
  readonly kind: string;
  readonly enabled: boolean;
  /** Reference of the secret it signs in with; null when it needs none. */
  readonly tokenRef: string | null;
  /** Hosts it may connect to. */
  readonly egressAllowlist: readonly string[];
  /** Two specs with equal keys can share one connection. */
  readonly connectionKey: string;
  createAdapter(host: AdapterHost, log: ConnectorLogger): ConnectorAdapter;
}

/** What all connectors work with. */
export interface ConnectorEnvironment {
  readonly store: ConnectorStore;
  readonly turn: AgentTurn;
  /** Commands that people type; without it they are left to the agent. */
  readonly commands?: CommandDesk;
  readonly pairing: PairingDesk;
  readonly log: ConnectorLogger;
  /** Routing rules as they are now; changed ones apply to the next event. */
  rules(): RuleSet;
  secret(ref: string, signal: AbortSignal): Promise<string>;
  /** Rows or states changed. */
  changed(): void;
  /** The store failed; returns milliseconds until the next try. */
  storeFault(thrown: unknown): number;
  /** A message of a person has come from the provider and is durable. */
  heard?(event: InboundMessageEvent): void;
}

/** What the connectors of one supervisor share. */
export interface SharedParts {
  readonly accounts: AccountClaims;
  readonly turnSlots: FairSlots;
  readonly sendSlots: FairSlots;
}

/** One running connector: its adapter and its two pipelines. */
export class ConnectorInstance {
  #spec: ConnectorSpec;
  readonly #environment: ConnectorEnvironment;
  readonly #shared: SharedParts;
  readonly #adapter: ConnectorAdapter;
  readonly #inbound: InboundPipeline;
  readonly #outbound: OutboundPipeline;
  readonly #runtime: RuntimeRecord;
  readonly #record: ConnectorInstanceRecord;
  readonly journal: ConnectorJournal;
  #lastInbound: number | null;
  #lastOutbound: number | null;
  #wasConnected = false;
  /** Why the connector may not work although it could. */
  #refusal: ErrorDetails | null = null;
  #stopped = false;

  /** @param record how the connector was stored when it was last seen */
  constructor(
    spec: ConnectorSpec,
    environment: ConnectorEnvironment,
    shared: SharedParts,
    record: ConnectorInstanceRecord,
  ) {
    this.#spec = spec;
    this.#environment = environment;
    this.#shared = shared;
    this.#record = record;
    this.#lastInbound = record.lastInboundAt;
    this.#lastOutbound = record.lastOutboundAt;
    const { store, turn } = environment;
    const { connectorId } = spec;
    const log = withConnector(environment.log, connectorId);
    const onStoreFault = (thrown: unknown): number => environment.storeFault(thrown);
    this.journal = new ConnectorJournal(connectorId, store.events, onStoreFault);
    this.#runtime = new RuntimeRecord({
      record,
      store: store.instances,
      journal: this.journal,
      onStoreFault,
    });
    this.#adapter = spec.createAdapter(this.#host(), log);
    const common = { connectorId, store, adapter: this.#adapter, log, journal: this.journal, onStoreFault };
    this.#inbound = new InboundPipeline({
      ...common,
      slots: shared.turnSlots,
      turn,
      commands: environment.commands ?? null,
      routing: new InboundRouting({
        connectorId,
        store,
        rules: () => environment.rules(),
        pairing: environment.pairing,
      }),
      onReplies: () => this.#outbound.wake(),
      onActivity: () => environment.changed(),
    });
    this.#outbound = new OutboundPipeline({
      ...common,
      slots: shared.sendSlots,
      onActivity: (delivered) => {
        if (delivered) this.#lastOutbound = Date.now();
        environment.changed();
      },
    });
  }

  get spec(): ConnectorSpec {
    return this.#spec;
  }

  get adapter(): ConnectorAdapter {
    return this.#adapter;
  }

  get refused(): boolean {
    return this.#refusal !== null;
  }

  start(): void {
    this.journal.record(
      { type: "connector.started", level: "info", message: "The connector starts." },
      Date.now(),
    );
    this.#inbound.start();
    this.#outbound.start();
    this.#adapter.start();
  }

  updateSpec(spec: ConnectorSpec): void {
    this.#spec = spec;
  }

  /** @param ref the secret that changed; null when there is somebody new to ask */
  credentialsChanged(ref: string | null): void {
    this.#adapter.credentialsChanged(ref);
  }

  /** Messages may be waiting, e.g. after a pause. */
  wake(): void {
    this.#outbound.wake();
  }

  /** Ends the turn of a conversation for good. @returns the message that was being answered, null for none */
  stopTurn(conversationId: string): Promise<InboundMessageEvent | null> {
    return this.#inbound.stopTurn(conversationId);
  }

  /** Calls back with what becomes of each message of an envelope, until the returned function is called. */
  watchSends(envelopeId: string, listener: () => void): () => void {
    return this.#outbound.watch(envelopeId, listener);
  }

  /** A message of a person that did not come through the adapter. Resolves when it is durable. */
  inject(event: InboundMessageEvent): Promise<void> {
    return this.#inbound.accept(event, null);
  }

  /** Sends what is due, paused or not. @throws `service_unavailable` while the connector cannot send at all */
  async drain(limit: number): Promise<DrainOutcome> {
    if (this.#adapter.state().canSend && !this.refused) return await this.#outbound.drain(limit);
    throw new PalyraError("service_unavailable", `${this.#spec.connectorId} cannot send now.`, {
      nextStep: "Look at the connector's last error; its messages stay in the queue.",
    });
  }

  /** First nothing new comes in, then what is in hand is answered and sent as far as the time allows. */
  async stop(drainMs: number): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const deadline = Date.now() + drainMs;
    await this.#adapter.stop();
    await this.#inbound.stop(Math.max(0, deadline - Date.now()));
    await this.#outbound.stop(Math.max(0, deadline - Date.now()));
    this.#adapter.dispose();
    this.#shared.accounts.release(this.#spec.connectorId);
    this.journal.record(
      { type: "connector.stopped", level: "info", message: "The connector stopped." },
      Date.now(),
    );
    await this.#runtime.stopped();
  }

  state(): AdapterState {
    const state = this.#adapter.state();
    if (this.#refusal === null) return state;
    return { ...state, liveness: "failed", connected: false, canSend: false, lastError: this.#refusal };
  }

  circuit(): CircuitStatus {
    const circuit = this.#outbound.circuit;
    return {
      state: circuit.kind,
      failures: circuit.kind === "closed" ? circuit.failures : 0,
      retry_at_unix_ms: circuit.kind === "open" ? circuit.until : null,
    };
  }

  status(queue: QueueDepth): ConnectorStatus {
    const state = this.state();
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
      restart_count: this.#record.restartCount + this.#runtime.restarts,
      circuit: this.circuit(),
    };
  }

  #host(): AdapterHost {
    const { store } = this.#environment;
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
        this.#environment.heard?.(event);
      },
      loadSession: () => store.loadSession(connectorId),
      saveSession: (session) => store.saveSession(connectorId, session, Date.now()),
      watermarks: () => store.watermarks(connectorId),
      openGaps: () => store.openGaps(connectorId, Date.now()),
      closeGap: (conversationId) => store.closeGap(connectorId, conversationId, Date.now()),
      note: (entry) => void this.journal.record(entry, Date.now()),
      loadNotes: () => store.notes.all(connectorId),
      saveNote: (conversationId, note) => store.notes.put(connectorId, conversationId, note, Date.now()),
      secret: (ref, signal) => this.#secret(ref, signal),
      stateChanged: () => this.#stateChanged(),
    };
  }

  async #secret(ref: string, signal: AbortSignal): Promise<string> {
    const value = await this.#environment.secret(ref, signal);
    if (ref === this.#spec.tokenRef) {
      this.#shared.accounts.release(this.#spec.connectorId);
      this.#shared.accounts.claimToken(this.#spec.connectorId, value);
    }
    return value;
  }

  #stateChanged(): void {
    if (!this.#stopped) this.#checkAccount();
    const state = this.state();
    this.#runtime.observe(state);
    if (state.connected && !this.#wasConnected) this.#outbound.reconnected();
    else this.#outbound.wake();
    this.#wasConnected = state.connected;
    this.#environment.changed();
  }

  #checkAccount(): void {
    const { accountId } = this.#adapter.state();
    if (accountId === undefined || accountId === null || this.#refusal !== null) return;
    const { connectorId, kind } = this.#spec;
    try {
      this.#shared.accounts.claimAccount(connectorId, kind, accountId);
    } catch (thrown) {
      this.#refuse(detailsOf(thrown));
    }
  }

  /** Another connector has the account: this one must not receive or send anything. */
  #refuse(error: ErrorDetails): void {
    this.#refusal = error;
    this.journal.record({ type: "connector.refused", level: "error", message: error.message }, Date.now());
    this.#environment.log.error("connector refused", {
      connector: this.#spec.connectorId,
      error: error.message,
    });
    this.stop(0).catch((thrown: unknown) => {
      this.#environment.log.error("refused connector did not stop", {
        connector: this.#spec.connectorId,
        error: detailsOf(thrown).message,
      });
    });
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
