import type { ConnectorStatus, QueueDepth } from "../contracts/sidecar-status.ts";
import { messageOf } from "../platform/errors.ts";
import { type ConnectorEnvironment, ConnectorInstance, type ConnectorSpec } from "./connector-instance.ts";

/** Time a connector has to finish work when it is restarted or removed, in milliseconds. */
const reconfigureDrainMs = 5_000;

/** All connectors, kept as the configuration wants them. */
export class ConnectorSet {
  readonly #environment: ConnectorEnvironment;
  readonly #running = new Map<string, ConnectorInstance>();
  #wanted: readonly ConnectorSpec[] = [];
  #stopped = false;
  #applying: Promise<void> = Promise.resolve();

  constructor(environment: ConnectorEnvironment) {
    this.#environment = environment;
  }

  /**
   * Starts, stops and restarts until exactly the enabled ones run. Changed rules apply without a restart.
   * Calls are carried out one after another.
   */
  apply(wanted: readonly ConnectorSpec[]): Promise<void> {
    this.#wanted = wanted;
    this.#applying = this.#applying.then(() => this.#reconcile(wanted));
    return this.#applying;
  }

  /** @param ref the secret that changed; null when there is somebody new to ask */
  credentialsChanged(ref: string | null): void {
    for (const instance of this.#running.values()) instance.credentialsChanged(ref);
  }

  /** Ids of all configured connectors. */
  ids(): string[] {
    return this.#wanted.map((spec) => spec.connectorId);
  }

  statuses(depthOf: (connectorId: string) => QueueDepth): ConnectorStatus[] {
    return this.#wanted.map((spec) => {
      const depth = depthOf(spec.connectorId);
      return this.#running.get(spec.connectorId)?.status(depth) ?? idleStatus(spec, depth);
    });
  }

  async stop(drainMs: number): Promise<void> {
    this.#stopped = true;
    await this.#applying;
    await Promise.all([...this.#running.values()].map((instance) => instance.stop(drainMs)));
    this.#running.clear();
  }

  async #reconcile(wanted: readonly ConnectorSpec[]): Promise<void> {
    if (this.#stopped) return;
    const enabled = new Map(
      wanted.filter((spec) => spec.rules.enabled).map((spec) => [spec.connectorId, spec] as const),
    );
    for (const [id, instance] of [...this.#running]) {
      const spec = enabled.get(id);
      if (spec?.connectionKey === instance.spec.connectionKey) instance.updateSpec(spec);
      else await this.#remove(id, instance);
    }
    for (const spec of enabled.values()) {
      if (this.#running.has(spec.connectorId)) continue;
      const instance = new ConnectorInstance(spec, this.#environment);
      this.#running.set(spec.connectorId, instance);
      instance.start();
    }
    this.#environment.changed();
  }

  async #remove(id: string, instance: ConnectorInstance): Promise<void> {
    this.#running.delete(id);
    try {
      await instance.stop(reconfigureDrainMs);
    } catch (thrown) {
      this.#environment.log.error("connector did not stop", { connector: id, error: messageOf(thrown) });
    }
  }
}

function idleStatus(spec: ConnectorSpec, queue: QueueDepth): ConnectorStatus {
  return {
    connector_id: spec.connectorId,
    kind: spec.kind,
    enabled: spec.rules.enabled,
    readiness: "unknown",
    liveness: "stopped",
    identity: null,
    queue,
    sessions_started: 0,
    sessions_resumed: 0,
    last_error: null,
    last_inbound_unix_ms: null,
    last_outbound_unix_ms: null,
  };
}
