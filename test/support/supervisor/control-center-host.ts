import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { ServiceKind } from "../../../src/contracts/services.ts";
import type { ControlCenterSnapshot, ServiceView } from "../../../src/contracts/snapshot.ts";
import { killTree } from "../../../src/platform/kill-tree.ts";
import { identify } from "../../../src/platform/process-identity.ts";
import { statePaths } from "../../../src/platform/state-paths.ts";
import { ControlCenter } from "../../../src/supervisor/control-center.ts";
import {
  type ControlCenterOptions,
  defaultSettings,
} from "../../../src/supervisor/control-center-options.ts";
import { EncryptedFileSecretStore } from "../../../src/supervisor/encrypted-file-secret-store.ts";

const support = import.meta.dirname;

/** Options of a control center with test sidecars on free ports; `overrides` replace any of them. */
export function testOptions(
  stateRoot: string,
  overrides: Partial<ControlCenterOptions> = {},
): ControlCenterOptions {
  return {
    stateRoot,
    hostName: "test window",
    version: "0.1.0",
    sidecarBundles: {
      gateway: path.join(support, "test-gateway.ts"),
      browserd: path.join(support, "test-browserd.ts"),
    },
    execPath: process.execPath,
    secrets: new EncryptedFileSecretStore(statePaths(stateRoot).secretsDir),
    settings: {
      ...defaultSettings,
      lingerSeconds: 20,
      startOnFirstRun: { gateway: true, browserd: false },
    },
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    ...overrides,
  };
}

function ignore(): void {
  // Tests look at snapshots and files; what the host is told is for people.
}

/** State roots and control centers of one test, and the end of everything that was started in them. */
export class TestHome {
  readonly stateRoot: string;
  readonly #centers: ControlCenter[] = [];

  private constructor(stateRoot: string) {
    this.stateRoot = stateRoot;
  }

  static async create(): Promise<TestHome> {
    return new TestHome(await mkdtemp(path.join(os.tmpdir(), "palyra-sup-")));
  }

  async open(overrides: Partial<ControlCenterOptions> = {}): Promise<ControlCenter> {
    const center = await ControlCenter.open(testOptions(this.stateRoot, overrides));
    this.#centers.push(center);
    return center;
  }

  /** Pids of all sidecars of a kind that were ever started here, oldest first. */
  async starts(service: ServiceKind): Promise<number[]> {
    const text = await readFile(path.join(this.stateRoot, `starts-${service}`), "utf8").catch(() => "");
    return text.split("\n").filter(Boolean).map(Number);
  }

  /** Sidecars of a kind that live now. */
  async living(service: ServiceKind): Promise<number[]> {
    const pids = await this.starts(service);
    const found = await Promise.all(pids.map((pid) => identify(pid)));
    return found.flatMap((identity) => (identity === null ? [] : [identity.pid]));
  }

  /** Ends all that runs here and removes the folder. */
  async remove(): Promise<void> {
    for (const center of this.#centers) await center.dispose();
    for (const service of ["gateway", "browserd"] as const) {
      for (const pid of await this.living(service)) {
        const identity = await identify(pid);
        if (identity !== null) await killTree(identity);
      }
    }
    await rm(this.stateRoot, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The view of a service in a snapshot. */
export function viewOf(snapshot: ControlCenterSnapshot, service: ServiceKind): ServiceView {
  const view = snapshot.services.find((candidate) => candidate.service === service);
  if (view === undefined) throw new Error(`no ${service} in the snapshot`);
  return view;
}

/**
 * Waits for a snapshot that satisfies a condition, the present one included.
 * @throws at the deadline, with the last snapshot
 */
export function snapshotWhere(
  center: ControlCenter,
  what: string,
  condition: (snapshot: ControlCenterSnapshot) => boolean,
  timeoutMs = 10_000,
): Promise<ControlCenterSnapshot> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(deadline);
      subscription.dispose();
      finish();
    };
    const check = (snapshot: ControlCenterSnapshot): void => {
      if (condition(snapshot)) settle(() => resolve(snapshot));
    };
    const deadline = setTimeout(() => {
      const last = JSON.stringify(center.snapshot, null, 1);
      settle(() => reject(new Error(`gave up waiting until ${what}; last snapshot: ${last}`)));
    }, timeoutMs);
    const subscription = center.onSnapshot(check);
    check(center.snapshot);
  });
}

/** Waits until a service is in a state. */
export async function serviceIn(
  center: ControlCenter,
  service: ServiceKind,
  state: ServiceView["state"],
  timeoutMs?: number,
): Promise<ServiceView> {
  const snapshot = await snapshotWhere(
    center,
    `${service} is ${state}`,
    (candidate) => viewOf(candidate, service).state === state,
    timeoutMs,
  );
  return viewOf(snapshot, service);
}
