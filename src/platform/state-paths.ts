import { createHash } from "node:crypto";
import os from "node:os";
import path from "node:path";
import { serviceDisplayNames } from "../contracts/service-kinds.ts";
import type { ServiceKind } from "../contracts/services.ts";
import { PalyraError } from "./errors.ts";

/** Everything below the state root of one profile. */
export interface StatePaths {
  readonly root: string;
  /** `state.json` of the control center. */
  readonly stateFile: string;
  /** `palyra.toml` of the gateway. */
  readonly gatewayConfig: string;
  readonly webhooksConfig: string;
  /** Note of an account that is being set up (`StagedAccount`); there only meanwhile. */
  readonly stagedAccount: string;
  /** Sockets, run records and the owner's lease; mode 0700. */
  readonly runDir: string;
  readonly logsDir: string;
  /** What happened in the last days. */
  readonly timelineDir: string;
  /** Journal and image of the gateway's store. */
  readonly storeDir: string;
  /** Files that came with messages or go with answers, by the digest of their content; mode 0700. */
  readonly filesDir: string;
  /** Encrypted secrets of a state root without VS Code. */
  readonly secretsDir: string;
  /** Working files of the browser daemon. */
  readonly browserdDir: string;
  /** Where the simulated Discord was, to try the product with. */
  readonly simulatedDiscord: string;
}

/** @param root absolute path of the state root */
export function statePaths(root: string): StatePaths {
  return {
    root,
    stateFile: path.join(root, "state.json"),
    gatewayConfig: path.join(root, "palyra.toml"),
    webhooksConfig: path.join(root, "webhooks.toml"),
    stagedAccount: path.join(root, "account-being-set-up.json"),
    runDir: path.join(root, "run"),
    logsDir: path.join(root, "logs"),
    timelineDir: path.join(root, "timeline"),
    storeDir: path.join(root, "store"),
    filesDir: path.join(root, "files"),
    secretsDir: path.join(root, "secrets"),
    browserdDir: path.join(root, "browserd"),
    simulatedDiscord: path.join(root, "simulated-discord.json"),
  };
}

/** Log file of a service: JSON lines, rotated beside itself. */
export function logFile(paths: StatePaths, service: ServiceKind): string {
  return path.join(paths.logsDir, `${serviceDisplayNames[service]}.log`);
}

/** What a service wrote to standard error outside its log: crashes of the runtime itself. */
export function crashFile(paths: StatePaths, service: ServiceKind): string {
  return path.join(paths.logsDir, `${serviceDisplayNames[service]}.stderr.log`);
}

/** Run record of a service (`RunRecord`). */
export function runRecordFile(paths: StatePaths, service: ServiceKind): string {
  return path.join(paths.runDir, `${service}.json`);
}

/**
 * State root when none is given: `PALYRA_STATE_ROOT`, else the platform's place for state.
 * Throws `config_invalid` when the variable is not an absolute path or there is no home folder.
 */
export function defaultStateRoot(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const given = env.PALYRA_STATE_ROOT?.trim();
  if (given) return requireAbsolute(given, "PALYRA_STATE_ROOT");
  if (platform === "win32") {
    const base = env.LOCALAPPDATA?.trim() || env.APPDATA?.trim();
    if (base) return path.join(base, "Palyra");
  } else {
    const xdg = env.XDG_STATE_HOME?.trim();
    if (xdg) return path.join(requireAbsolute(xdg, "XDG_STATE_HOME"), "palyra");
    const home = env.HOME?.trim() || os.homedir();
    if (home) return path.join(home, ".local", "state", "palyra");
  }
  throw new PalyraError("config_invalid", "There is no home folder for Palyra's state.", {
    nextStep: "Set PALYRA_STATE_ROOT to an absolute path.",
  });
}

/** @throws `config_invalid` naming `setting` when `value` is not an absolute path */
export function requireAbsolute(value: string, setting: string): string {
  if (path.isAbsolute(value)) return path.normalize(value);
  throw new PalyraError("config_invalid", `${setting} must be an absolute path, but it is “${value}”.`, {
    nextStep: `Set ${setting} to an absolute path or remove it.`,
  });
}

/** Longest socket path all supported systems take (macOS: 104 bytes with the closing zero). */
const socketPathLimit = 103;

/**
 * Address of a local socket of this state root: a Unix socket in the run folder, or in a private folder
 * of the temporary directory when the path would be too long for the system; a named pipe on Windows.
 * @param name short name such as `gateway` or `owner`
 */
export function localEndpoint(
  paths: StatePaths,
  name: string,
  platform: NodeJS.Platform = process.platform,
): string {
  const digest = createHash("sha256").update(paths.root).digest("hex").slice(0, 16);
  if (platform === "win32") return `\\\\.\\pipe\\palyra-${digest}-${name}`;
  const beside = path.join(paths.runDir, `${name}.sock`);
  if (Buffer.byteLength(beside) <= socketPathLimit) return beside;
  return path.join(os.tmpdir(), `palyra-${os.userInfo().uid}-${digest}`, `${name}.sock`);
}
