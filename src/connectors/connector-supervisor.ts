import type { InboundMessageEvent } from "../contracts/connector.ts";
import type { ConnectorStatus, QueueDepth } from "../contracts/sidecar-status.ts";
import { messageOf, PalyraError } from "../platform/errors.ts";
import {
  type ConnectorEnvironment,
  ConnectorInstance,
  type ConnectorSpec,
  type SharedParts,
} from "./connector-instance.ts";
import type { ConnectorInstanceRecord } from "./store/parts/instance-store.ts";
import { AccountClaims } from "./supervisor/account-claims.ts";
import { ConnectorJournal, type JournalEntry } from "./supervisor/connector-journal.ts";
import { FairSlots } from "./supervisor/fair-slots.ts";

/** Time a connector has to finish work when it is restarted or removed, in milliseconds. */
const reconfigureDrainMs = 5_000;
/** Messages of all connectors that are answered, and sent, at the same time. */
const parallelTurns = 24;
const parallelSends = 16;

/** All connectors, kept as the configuration wants them, and what the store knows of them. */
export class ConnectorSupervisor {
  readonly #environment: ConnectorEnvironment;
  readonly #shared: SharedParts;
  readonly #running = new Map<string, ConnectorInstance>();
  readonly #records = new Map<string, ConnectorInstanceRecord>();
  #wanted: readonly ConnectorSpec[] = [];
  #stopped = false;
  #applying: Promise<void> = Promise.resolve();

  constructor(environment: ConnectorEnvironment) {
    this.#environment = environment;
    this.#shared = {
      accounts: new AccountClaims(),
      turnSlots: new FairSlots(parallelTurns),
      sendSlots: new FairSlots(parallelSends),
    };
  }

  /**
   * Starts, stops and restarts until exactly the enabled ones run. Changed rules apply without a restart.
   * Calls are carried out one after another.
   */
  apply(wanted: readonly ConnectorSpec[]): Promise<void> {
    this.#wanted = wanted;
    return this.#next(() => this.#reconcile(wanted));
  }

  /** Ends the connection of a connector and makes a new one. @throws `not_found`, `conflict` when it is disabled */
  restart(connectorId: string): Promise<void> {
    this.spec(connectorId);
    return this.#next(async () => {
      await this.#stopOne(connectorId, this.enabled(connectorId));
      await this.#startWanted();
      this.note(connectorId, {
        type: "connector.restarted",
        level: "info",
        message: "The connector was restarted.",
      });
    });
  }

  /**
   * Stops a connector and forgets it with its queues; with `keep` its events and dead letters stay. One that is
   * still in the configuration comes back, empty, with the next `apply`.
   * @throws `not_found`
   */
  remove(connectorId: string, history: "keep" | "delete"): Promise<void> {
    return this.#next(async () => {
      const instance = this.#running.get(connectorId);
      if (instance !== undefined) await this.#stopOne(connectorId, instance);
      await this.#environment.store.instances.remove(connectorId, history);
      this.#records.delete(connectorId);
      this.#wanted = this.#wanted.filter((spec) => spec.connectorId !== connectorId);
      if (history === "keep") {
        this.note(connectorId, {
          type: "connector.removed",
          level: "info",
          message: "The connector was removed.",
        });
      }
      await this.#startWanted();
    });
  }

  /** @param ref the secret that changed; null when there is somebody new to ask */
  credentialsChanged(ref: string | null): void {
    for (const instance of this.#running.values()) instance.credentialsChanged(ref);
  }

  /** Ids of all configured connectors. */
  ids(): string[] {
    return this.#wanted.map((spec) => spec.connectorId);
  }

  /** @throws `not_found` */
  spec(connectorId: string): ConnectorSpec {
    const spec = this.#wanted.find((one) => one.connectorId === connectorId);
    if (spec === undefined) throw unknownConnector(connectorId, this.ids());
    return spec;
  }

  /** The running connector; null when it is disabled, or is being started. @throws `not_found` */
  running(connectorId: string): ConnectorInstance | null {
    this.spec(connectorId);
    return this.#running.get(connectorId) ?? null;
  }

  /**
   * The running connector.
   * @throws `not_found`; `conflict` when it is disabled; `service_unavailable` while it is being started
   */
  enabled(connectorId: string): ConnectorInstance {
    const instance = this.running(connectorId);
    if (instance !== null) return instance;
    if (this.spec(connectorId).enabled) {
      throw new PalyraError("service_unavailable", `${connectorId} is being started.`, {
        nextStep: "Try again in a moment.",
      });
    }
    throw new PalyraError("conflict", `${connectorId} is disabled.`, { nextStep: "Enable it first." });
  }

  statuses(depthOf: (connectorId: string) => QueueDepth): ConnectorStatus[] {
    return this.#wanted.map((spec) => this.status(spec.connectorId, depthOf(spec.connectorId)));
  }

  /** @throws `not_found` */
  status(connectorId: string, depth: QueueDepth): ConnectorStatus {
    const spec = this.spec(connectorId);
    const instance = this.#running.get(connectorId);
    return instance?.status(depth) ?? idleStatus(spec, depth, this.#records.get(connectorId));
  }

  /** How people call a conversation; its id when no name is known. */
  conversationName(connectorId: string, conversationId: string): string {
    return this.#running.get(connectorId)?.adapter.conversationName?.(conversationId) ?? conversationId;
  }

  /** Ends the turn of a conversation for good. @returns the message that was being answered, null for none */
  async stopTurn(connectorId: string, conversationId: string): Promise<InboundMessageEvent | null> {
    return (await this.#running.get(connectorId)?.stopTurn(conversationId)) ?? null;
  }

  /** Writes an event of a connector, running or not. */
  note(connectorId: string, entry: JournalEntry): void {
    const { store, storeFault } = this.#environment;
    const journal =
      this.#running.get(connectorId)?.journal ?? new ConnectorJournal(connectorId, store.events, storeFault);
    journal.record(entry, Date.now());
  }

  async stop(drainMs: number): Promise<void> {
    this.#stopped = true;
    await this.#applying;
    await Promise.all([...this.#running.values()].map((instance) => instance.stop(drainMs)));
    this.#running.clear();
  }

  /** Runs after everything that was asked for before; a failure is the asker's only. */
  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#applying.then(work);
    this.#applying = done.catch(() => undefined);
    return done;
  }

  async #reconcile(wanted: readonly ConnectorSpec[]): Promise<void> {
    if (this.#stopped) return;
    await this.#register(wanted);
    const enabled = new Map(
      wanted.filter((spec) => spec.enabled).map((spec) => [spec.connectorId, spec] as const),
    );
    for (const [id, instance] of [...this.#running]) {
      const spec = enabled.get(id);
      if (spec?.connectionKey === instance.spec.connectionKey) instance.updateSpec(spec);
      else await this.#stopOne(id, instance);
    }
    await this.#startWanted();
    this.#environment.changed();
  }

  /** Brings the stored records in line with what is wanted. */
  async #register(wanted: readonly ConnectorSpec[]): Promise<void> {
    const { instances } = this.#environment.store;
    const known = new Map((await instances.list()).map((record) => [record.connectorId, record] as const));
    const now = Date.now();
    for (const spec of wanted) {
      const before = known.get(spec.connectorId);
      known.delete(spec.connectorId);
      const record = await instances.upsert(recordSpec(spec), now);
      this.#records.set(spec.connectorId, record);
      this.#noteRegistration(spec, before);
    }
    for (const orphan of known.values()) {
      if (!orphan.enabled) continue;
      await instances.setEnabled(orphan.connectorId, false, now);
      this.#noteEnabled(orphan.connectorId, false);
    }
  }

  #noteRegistration(spec: ConnectorSpec, before: ConnectorInstanceRecord | undefined): void {
    if (before === undefined) {
      const details = { kind: spec.kind, enabled: spec.enabled };
      const message = "The connector is new.";
      this.note(spec.connectorId, { type: "connector.registered", level: "info", message, details });
    } else if (before.enabled !== spec.enabled) {
      this.#noteEnabled(spec.connectorId, spec.enabled);
    }
  }

  #noteEnabled(connectorId: string, enabled: boolean): void {
    const message = enabled ? "The connector was enabled." : "The connector was disabled.";
    this.note(connectorId, {
      type: "connector.enabled_changed",
      level: "info",
      message,
      details: { enabled },
    });
  }

  /** Starts what is wanted and does not run, also those that were refused an account which is free now. */
  async #startWanted(): Promise<void> {
    if (this.#stopped) return;
    for (const spec of this.#wanted) {
      const present = this.#running.get(spec.connectorId);
      if (!spec.enabled || (present !== undefined && !present.refused)) continue;
      const record = await this.#environment.store.instances.get(spec.connectorId);
      if (record === null) continue;
      const instance = new ConnectorInstance(spec, this.#environment, this.#shared, record);
      this.#running.set(spec.connectorId, instance);
      instance.start();
    }
  }

  async #stopOne(id: string, instance: ConnectorInstance): Promise<void> {
    this.#running.delete(id);
    try {
      await instance.stop(reconfigureDrainMs);
    } catch (thrown) {
      this.#environment.log.error("connector did not stop", { connector: id, error: messageOf(thrown) });
    }
    const record = await this.#environment.store.instances.get(id);
    if (record !== null) this.#records.set(id, record);
    // Its account may be what another one waits for.
    for (const other of this.#running.values()) if (!other.refused) other.credentialsChanged(null);
  }
}

function recordSpec(spec: ConnectorSpec) {
  return {
    connectorId: spec.connectorId,
    kind: spec.kind,
    principal: `channel:${spec.connectorId}`,
    authProfileRef: spec.connectorId.replace(":", "."),
    tokenVaultRef: spec.tokenRef,
    egressAllowlist: spec.egressAllowlist,
    enabled: spec.enabled,
  };
}

function unknownConnector(connectorId: string, known: readonly string[]): PalyraError {
  const nextStep =
    known.length === 0 ? "Connect a channel first." : `Name one of those there are: ${known.join(", ")}.`;
  return new PalyraError("not_found", `There is no connector ${connectorId}.`, { nextStep });
}

function idleStatus(
  spec: ConnectorSpec,
  queue: QueueDepth,
  record: ConnectorInstanceRecord | undefined,
): ConnectorStatus {
  return {
    connector_id: spec.connectorId,
    kind: spec.kind,
    enabled: spec.enabled,
    readiness: record?.readiness ?? "unknown",
    liveness: "stopped",
    identity: null,
    queue,
    sessions_started: 0,
    sessions_resumed: 0,
    last_error: null,
    last_inbound_unix_ms: record?.lastInboundAt ?? null,
    last_outbound_unix_ms: record?.lastOutboundAt ?? null,
    restart_count: record?.restartCount ?? 0,
  };
}
