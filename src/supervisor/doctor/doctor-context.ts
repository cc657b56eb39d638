import { BrowserdFindings, GatewayFindings, type SelfCheckRequest } from "../../contracts/self-check.ts";
import type { ServiceKind } from "../../contracts/services.ts";
import { messageOf, PalyraError } from "../../platform/errors.ts";
import { readRegularFile } from "../../platform/read-regular-file.ts";
import type { Redactor } from "../../platform/redactor.ts";
import { statePaths } from "../../platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../encrypted-file-secret-store.ts";
import { StateRootInspector } from "../inspect-state-root.ts";
import type { SecretStore } from "../secret-store.ts";
import { parseState } from "../state-file-store.ts";
import type { DoctorContext, DoctorHost, SecretsReading, StateReading } from "./check.ts";
import { runCheckMode } from "./run-check-mode.ts";

const tokenPrefix = "global/discord_bot_token";

/**
 * What the checks of one run share.
 * @param redactor learns every secret that is read
 */
export function doctorContext(host: DoctorHost, redactor: Pick<Redactor, "add">): DoctorContext {
  const paths = statePaths(host.stateRoot);
  const client = { name: host.hostName, version: host.version, pid: process.pid };
  const inspector = new StateRootInspector(host.stateRoot, client);
  const program = (service: ServiceKind): { execPath: string; bundle: string } => ({
    execPath: host.execPath,
    bundle: host.sidecarBundles[service],
  });
  const inspection = once(() => inspector.inspect());
  const state = once(() => readState(paths.stateFile));
  const secrets = once(async () => {
    const home = homeOf(host, (await state()).state?.secrets_home, paths.secretsDir);
    const reading = await readSecrets(home);
    if (reading.kind === "read") for (const value of reading.values.values()) redactor.add(value);
    return reading;
  });
  const request = async (store: SelfCheckRequest["store"]): Promise<SelfCheckRequest> => {
    const reading = await secrets();
    const values = reading.kind === "read" ? [...reading.values] : [];
    return {
      state_root: host.stateRoot,
      store,
      discord_tokens: Object.fromEntries(values.filter(([ref]) => ref.startsWith(tokenPrefix))),
      browser_path: host.browserPath,
    };
  };
  return {
    host,
    paths,
    inspection,
    state,
    secrets,
    gateway: once(async () => {
      const { snapshot } = await inspection();
      const runs = snapshot.services.some(({ service, pid }) => service === "gateway" && pid !== null);
      return await runCheckMode(program("gateway"), await request(runs ? "skip" : "look"), GatewayFindings);
    }),
    browserd: once(async () => {
      // It looks for a browser only: no token is for it.
      const asked = { ...(await request("skip")), discord_tokens: {} };
      return await runCheckMode(program("browserd"), asked, BrowserdFindings);
    }),
    repairStore: async () => {
      const asked = { ...(await request("repair")), discord_tokens: {} };
      return (await runCheckMode(program("gateway"), asked, GatewayFindings)).store;
    },
  };
}

function once<T>(look: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= look();
    return found;
  };
}

async function readState(file: string): Promise<StateReading> {
  const reading = await readRegularFile(file);
  if (reading.kind === "missing") return { reading, state: null, fault: null, newer: false };
  if (reading.kind === "unusable") {
    return { reading, state: null, fault: `it ${reading.reason}`, newer: false };
  }
  const desired = { gateway: false, browserd: false };
  const parsed = parseState(reading.text, { secretsHome: "file", desired });
  return parsed.kind === "bad"
    ? { reading, state: null, fault: parsed.reason, newer: false }
    : { reading, state: parsed.state, fault: null, newer: parsed.kind === "newer" };
}

/** The store that is the home of the secrets; null when this host cannot reach it. */
function homeOf(
  host: DoctorHost,
  home: SecretStore["home"] | undefined,
  secretsDir: string,
): SecretStore | null {
  if (home === undefined || home === host.secrets.home) return host.secrets;
  return home === "file" ? new EncryptedFileSecretStore(secretsDir) : null;
}

async function readSecrets(home: SecretStore | null): Promise<SecretsReading> {
  if (home === null) {
    return { kind: "elsewhere", reason: "VS Code keeps the secrets of this state folder" };
  }
  const values = new Map<string, string>();
  const faults: string[] = [];
  const damaged: string[] = [];
  const names = await home.keys().catch((thrown: unknown) => {
    faults.push(messageOf(thrown));
    return [];
  });
  for (const name of names) {
    try {
      // The doctor looks without changing anything; the encrypted store sets damaged files aside otherwise.
      const value = await (home instanceof EncryptedFileSecretStore ? home.peek(name) : home.get(name));
      if (value !== undefined && value.trim() !== "") values.set(name, value);
    } catch (thrown) {
      faults.push(messageOf(thrown));
      if (thrown instanceof PalyraError && thrown.code === "state_unreadable") damaged.push(name);
    }
  }
  return { kind: "read", home, values, faults, damaged };
}
