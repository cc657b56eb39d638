import type { HelloResponse } from "../contracts/control-link.ts";
import type { OwnerHelloRequest } from "../contracts/owner-link.ts";
import { defaultProfileName } from "../contracts/profile-name.ts";
import { serviceDisplayNames, serviceKinds } from "../contracts/service-kinds.ts";
import type { LogLine, ServiceKind } from "../contracts/services.ts";
import type { ControlCenterSnapshot, ServiceView } from "../contracts/snapshot.ts";
import type { StateFile } from "../contracts/state-file.ts";
import { PalyraError, systemErrorCode } from "../platform/errors.ts";
import { readRegularFile } from "../platform/read-regular-file.ts";
import { Redactor } from "../platform/redactor.ts";
import { statePaths } from "../platform/state-paths.ts";
import { ControlLink } from "./control-link.ts";
import type { OwnerClient, OwnerClientEvents } from "./owner-client.ts";
import { findOwner } from "./ownership.ts";
import { redactDeep } from "./redact-deep.ts";
import { readRunRecord } from "./run-record.ts";
import { newServiceMachine } from "./service-model.ts";
import { serviceView } from "./service-view.ts";
import { buildSnapshot } from "./snapshot.ts";
import { parseState } from "./state-file-store.ts";

/** Time for the connection to a sidecar and for its hello, each in milliseconds. */
const helloMs = 2_000;

export interface Inspection {
  readonly snapshot: ControlCenterSnapshot;
  /** Who told: the owner, the sidecars that outlive it, or nobody, because nothing runs. */
  readonly source: "owner" | "sidecars" | "nothing";
}

/** Looks at a state root without changing anything in it or becoming its owner. */
export class StateRootInspector {
  readonly #stateRoot: string;
  readonly #client: OwnerHelloRequest["client"];
  readonly #profile: string;
  readonly #redactor = new Redactor();

  /** @param stateRoot absolute path; need not exist */
  constructor(stateRoot: string, client: OwnerHelloRequest["client"], profile = defaultProfileName) {
    this.#profile = profile;
    this.#stateRoot = stateRoot;
    this.#client = client;
  }

  /** The owner's end of the owner link; null when there is no owner that answers. */
  async findOwner(events: OwnerClientEvents): Promise<OwnerClient | null> {
    return await findOwner({
      paths: statePaths(this.#stateRoot),
      client: this.#client,
      events,
      now: Date.now,
      waiting: () => undefined,
      ended: () => false,
    });
  }

  /** The snapshot of the owner, or one made of what the sidecars and the state file say. */
  async inspect(): Promise<Inspection> {
    const owner = await this.findOwner({ snapshot: () => undefined, log: () => undefined });
    if (owner !== null) {
      owner.close();
      const { snapshot } = owner;
      const facts = { ...snapshot.quick_facts, role: "observer" } as const;
      return { snapshot: { ...snapshot, quick_facts: facts }, source: "owner" };
    }
    const hellos = new Map<ServiceKind, HelloResponse>();
    for (const service of serviceKinds) {
      const sidecar = await this.watchSidecar(service, () => undefined);
      if (sidecar === null) continue;
      hellos.set(service, redactDeep(sidecar.hello, this.#redactor));
      sidecar.link.close();
    }
    const state = await this.#readState();
    return { snapshot: this.#build(hellos, state), source: hellos.size > 0 ? "sidecars" : "nothing" };
  }

  /**
   * Connects to a running sidecar as an observer.
   * @param onLines called with its recent lines and then with each new one
   * @returns null when it does not run
   */
  async watchSidecar(
    service: ServiceKind,
    onLines: (lines: readonly LogLine[]) => void,
  ): Promise<{ link: ControlLink; hello: HelloResponse } | null> {
    const record = await readRunRecord(statePaths(this.#stateRoot), service);
    if (record === null) return null;
    try {
      return await ControlLink.open(
        {
          endpoint: record.endpoint,
          instanceId: record.instance_id,
          role: "observer",
          client: this.#client,
          timeoutMs: helloMs,
        },
        {
          status: () => undefined,
          log: (lines) => onLines(lines.map((line) => ({ ...line, service, stream: "stdout" as const }))),
          secret: async () => {
            throw new PalyraError("forbidden", "An observer has no secrets.");
          },
          changeSecret: async () => {
            throw new PalyraError("forbidden", "An observer keeps no secrets.");
          },
          suspicion: () => undefined,
          cut: () => undefined,
        },
      );
    } catch (thrown) {
      if (["ENOENT", "ECONNREFUSED"].includes(systemErrorCode(thrown) ?? "")) return null;
      throw thrown;
    }
  }

  async #readState(): Promise<StateFile | null> {
    const reading = await readRegularFile(statePaths(this.#stateRoot).stateFile);
    if (reading.kind !== "read") return null;
    const desired = { gateway: false, browserd: false };
    const read = parseState(reading.text, { secretsHome: "file", desired });
    return read.kind === "bad" ? null : read.state;
  }

  #build(hellos: ReadonlyMap<ServiceKind, HelloResponse>, state: StateFile | null): ControlCenterSnapshot {
    const now = Date.now();
    const gateway = hellos.get("gateway")?.status;
    const browserd = hellos.get("browserd")?.status;
    return buildSnapshot({
      revision: 0,
      generated_at_unix_ms: now,
      services: serviceKinds.map((service) => viewFrom(service, hellos.get(service))),
      facts: {
        version: this.#client.version,
        state_root: this.#stateRoot,
        profile: this.#profile,
        role: "observer",
        secrets_home: state?.secrets_home ?? "file",
      },
      gateway: gateway?.service === "gateway" ? { received_at_unix_ms: now, status: gateway } : null,
      browserd: browserd?.service === "browserd" ? { received_at_unix_ms: now, status: browserd } : null,
      notices: [],
    });
  }
}

/** What a sidecar says of itself, as a view. Without a control center nobody wants what does not run. */
function viewFrom(service: ServiceKind, hello: HelloResponse | undefined): ServiceView {
  const blank = serviceView(service, newServiceMachine(serviceDisplayNames[service], hello !== undefined));
  if (hello === undefined) return blank;
  return {
    ...blank,
    state: hello.status.health === "ok" ? "running" : "degraded",
    pid: hello.pid,
    version: hello.version,
    ports: hello.ports,
    started_at_unix_ms: hello.started_at_unix_ms,
    problem: hello.status.reasons[0] ?? null,
  };
}
