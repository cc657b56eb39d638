import type { ConnectorLiveness, ConnectorReadiness } from "../../../contracts/sidecar-status.ts";

/** What a connector is. Checked by `requireValidSpec`. */
export interface ConnectorInstanceSpec {
  /** `<kind>:<account>`, at most 128 bytes. */
  readonly connectorId: string;
  readonly kind: string;
  /** In whose name the connector acts, at most 128 bytes. */
  readonly principal: string;
  readonly authProfileRef: string | null;
  readonly tokenVaultRef: string | null;
  /** Host names, each with an optional leading `*.`; stored in lower case. */
  readonly egressAllowlist: readonly string[];
  readonly enabled: boolean;
}

export interface ConnectorInstanceRecord extends ConnectorInstanceSpec {
  readonly readiness: ConnectorReadiness;
  readonly liveness: ConnectorLiveness;
  readonly restartCount: number;
  readonly lastError: string | null;
  /** When the newest inbound event was accepted (ms). */
  readonly lastInboundAt: number | null;
  /** When the newest message was delivered (ms). */
  readonly lastOutboundAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Columns whose stored value this version cannot read; their fields hold the most careful value instead. */
  readonly unreadable: readonly string[];
}

/** Fields that are absent stay as they are. */
export interface RuntimeState {
  readonly readiness?: ConnectorReadiness;
  readonly liveness?: ConnectorLiveness;
  /** At most 1,024 characters are kept. */
  readonly lastError?: string | null;
}

/** The connectors that exist, and how each of them was last seen. */
export interface InstanceStore {
  /**
   * Adds a connector (readiness `unknown`, liveness `stopped`) or changes the spec of a known one; its runtime
   * state, counters and activity stay.
   * @throws `validation_error` naming the field
   */
  upsert(spec: ConnectorInstanceSpec, now: number): Promise<ConnectorInstanceRecord>;
  /** By id. A row with a value of a later version is in the list and says so in `unreadable`. */
  list(): Promise<ConnectorInstanceRecord[]>;
  get(connectorId: string): Promise<ConnectorInstanceRecord | null>;
  /** Disabling makes the liveness `stopped`, enabling `starting`: the rest is told by `setRuntimeState`. */
  setEnabled(connectorId: string, enabled: boolean, now: number): Promise<ConnectorInstanceRecord>;
  /** Writes nothing when nothing differs. @throws `not_found` */
  setRuntimeState(connectorId: string, state: RuntimeState, now: number): Promise<void>;
  /** One restart more; liveness becomes `restarting`. @throws `not_found` */
  countRestart(connectorId: string, lastError: string | null, now: number): Promise<void>;
  /**
   * Removes a connector with its queues, de-duplication, provider session, watermarks, pause, pairing, bindings
   * and command state. With `keep` its events and dead letters stay until their retention and its counters for
   * good; with `delete` they go too. Stop the connector before: claims in hand become void.
   * @throws `not_found`
   */
  remove(connectorId: string, history: "keep" | "delete"): Promise<void>;
}
