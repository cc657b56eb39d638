import type { LogLevel, ServiceKind } from "../contracts/services.ts";
import type { SecretStore } from "./secret-store.ts";
import type { SupervisorTimings } from "./supervisor-timings.ts";

/** Where the control center writes what it does; VS Code's log output channel fits. */
export interface HostLogger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Something that can be given up, as in VS Code. */
export interface DisposableLike {
  dispose(): void;
}

/** The user's settings; a change takes effect at the next start of a sidecar. */
export interface ControlCenterSettings {
  /** Seconds a sidecar stays without a controller; -1 = until told. */
  readonly lingerSeconds: number;
  /** Absolute path of the browser the user chose; null = look for one. */
  readonly browserPath: string | null;
  /** A number pins the port: this one or none. Null = the usual one, or a free one when it is taken. */
  readonly ports: Readonly<Record<ServiceKind, number | null>>;
  /** Which services are wanted in a state root that is new. Later the user's commands decide. */
  readonly startOnFirstRun: Readonly<Record<ServiceKind, boolean>>;
  readonly logLevel: LogLevel;
  /** Age in days at which our own tokens are replaced by themselves; 0 = never. */
  readonly rotateDays: number;
}

export const defaultSettings: ControlCenterSettings = {
  lingerSeconds: 30,
  browserPath: null,
  ports: { gateway: null, browserd: null },
  startOnFirstRun: { gateway: true, browserd: true },
  logLevel: "info",
  rotateDays: 30,
};

export interface ControlCenterOptions {
  /** Absolute path of the state root; made when missing. */
  readonly stateRoot: string;
  /** Name of the profile whose state root that is; the default profile when absent. */
  readonly profile?: string;
  /** How other hosts name this one, e.g. `VS Code window` or `terminal`. */
  readonly hostName: string;
  /** Version of the product. A running sidecar of another version is replaced. */
  readonly version: string;
  /** Absolute paths of the sidecars' bundles. */
  readonly sidecarBundles: Readonly<Record<ServiceKind, string>>;
  /** Executable that runs the bundles: `process.execPath` of the host. */
  readonly execPath: string;
  /** The host's own store. The encrypted file is used by itself when it is the home of the secrets. */
  readonly secrets: SecretStore;
  readonly settings: ControlCenterSettings;
  readonly logger: HostLogger;
  /** Replaces what the state file says is wanted, e.g. by `palyra stop`. */
  readonly desired?: Readonly<Record<ServiceKind, boolean>>;
  readonly clock?: { now(): number };
  /** Value in [0, 1) for jitter. */
  readonly random?: () => number;
  readonly timings?: Partial<SupervisorTimings>;
}
