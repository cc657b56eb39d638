import type { CheckStatus } from "../../contracts/doctor.ts";
import type { BrowserdFindings, GatewayFindings, StoreFinding } from "../../contracts/self-check.ts";
import type { ServiceKind } from "../../contracts/services.ts";
import type { Remedy } from "../../contracts/snapshot.ts";
import type { StateFile } from "../../contracts/state-file.ts";
import type { FileReading } from "../../platform/read-regular-file.ts";
import type { StatePaths } from "../../platform/state-paths.ts";
import type { Inspection } from "../inspect-state-root.ts";
import type { SecretStore } from "../secret-store.ts";

/** The host that runs the doctor, and the machine it looks at. */
export interface DoctorHost {
  /** Absolute path. */
  readonly stateRoot: string;
  /** How others name this host, e.g. `terminal`. */
  readonly hostName: string;
  /** Version of the product. */
  readonly version: string;
  readonly execPath: string;
  readonly sidecarBundles: Readonly<Record<ServiceKind, string>>;
  /** Version of VS Code; null in a terminal. */
  readonly editorVersion: string | null;
  /** The host's own store. The encrypted file is used by itself when it is the home of the secrets. */
  readonly secrets: SecretStore;
  /** Ports that the user pinned. */
  readonly ports: Readonly<Record<ServiceKind, number | null>>;
  readonly browserPath: string | null;
  /** Free bytes of the disk that a folder lies on, for this user. */
  freeBytes(folder: string): Promise<number>;
  now(): number;
}

/** What was read of `state.json`. */
export interface StateReading {
  readonly reading: FileReading;
  /** Null when the file is missing or cannot be used. */
  readonly state: StateFile | null;
  /** Why it cannot be used; null when it is missing or good. */
  readonly fault: string | null;
  /** True when a newer version wrote it. */
  readonly newer: boolean;
}

/** The secrets of the state root, as far as this host can reach them. */
export type SecretsReading =
  /** `home` is the store, `values` what could be read of it. */
  | {
      readonly kind: "read";
      readonly home: SecretStore;
      readonly values: ReadonlyMap<string, string>;
      /** Why something could not be read. */
      readonly faults: readonly string[];
      /** Names of the secrets whose content is damaged. */
      readonly damaged: readonly string[];
    }
  | { readonly kind: "elsewhere"; readonly reason: string };

/** What the checks look at. Each thing is looked up once, when the first check asks for it. */
export interface DoctorContext {
  readonly host: DoctorHost;
  readonly paths: StatePaths;
  inspection(): Promise<Inspection>;
  state(): Promise<StateReading>;
  secrets(): Promise<SecretsReading>;
  /** What the gateway's program finds: configuration, store, Discord. */
  gateway(): Promise<GatewayFindings>;
  browserd(): Promise<BrowserdFindings>;
  /** Has the gateway's program open the store, which sets aside what cannot be read. */
  repairStore(): Promise<StoreFinding>;
}

/** Something the doctor can do. It keeps a backup of all that it changes and destroys nothing. */
export interface Repair {
  readonly title: string;
  /** As `RepairOffer.preview`. */
  readonly preview: readonly string[];
  /** @param say told each thing that was done, in one sentence, as soon as it was: a later one may fail */
  apply(say: (sentence: string) => void): Promise<void>;
}

export interface Finding {
  readonly status: CheckStatus;
  readonly evidence: string;
  readonly nextStep?: string;
  readonly remedy?: Remedy;
  readonly repair?: Repair;
}

/** One thing that the doctor looks at. What `run` throws makes the result `unknown`. */
export interface Check {
  readonly id: string;
  readonly title: string;
  run(context: DoctorContext): Promise<Finding>;
}

/** The worst of several: failed, then warning, then unknown. */
export function worstOf(statuses: readonly CheckStatus[]): CheckStatus {
  const order: readonly CheckStatus[] = ["failed", "warning", "unknown"];
  return order.find((status) => statuses.includes(status)) ?? "ok";
}
