import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { stringify } from "smol-toml";
import { discordTokenRef, gatewayConfigVersion } from "../src/contracts/gateway-config.ts";
import type { ServiceKind } from "../src/contracts/services.ts";
import type { ControlCenterSnapshot, ServiceView } from "../src/contracts/snapshot.ts";
import { statePaths } from "../src/platform/state-paths.ts";
import { productVersion } from "../src/platform/version.ts";
import {
  type DiscordSimulator,
  type SimulatorOptions,
  startDiscordSimulator,
} from "../src/simulator/discord-simulator.ts";
import { ControlCenter } from "../src/supervisor/control-center.ts";
import { defaultSettings } from "../src/supervisor/control-center-options.ts";
import { EncryptedFileSecretStore } from "../src/supervisor/encrypted-file-secret-store.ts";
import { StateFileStore } from "../src/supervisor/state-file-store.ts";

const projectRoot = path.join(import.meta.dirname, "..");
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Both sidecars under a control center, with a bot on a simulated Discord: what a user has, in a temporary folder. */
export interface RunningSystem {
  readonly center: ControlCenter;
  readonly simulator: DiscordSimulator;
  /** Time from asking for the services until the gateway served, in milliseconds. */
  readonly startMs: number;
  /** The view of a service in the latest snapshot. */
  service(kind: ServiceKind): ServiceView;
  /** Resolves with the first snapshot for which the condition holds. */
  until(condition: (snapshot: ControlCenterSnapshot) => boolean): Promise<ControlCenterSnapshot>;
  stop(): Promise<void>;
}

/** @throws when the system is not connected within 30 s */
export async function startSystem(options: SimulatorOptions = {}): Promise<RunningSystem> {
  const root = await mkdtemp(path.join(os.tmpdir(), "palyra-bench-"));
  const paths = statePaths(root);
  const simulator = await startDiscordSimulator(options);
  const state = await StateFileStore.open(paths.stateFile, {
    secretsHome: "file",
    desired: { gateway: true, browserd: true },
  });
  await state.save();
  const secrets = new EncryptedFileSecretStore(paths.secretsDir);
  await secrets.set(discordTokenRef("default"), simulator.lab.bot.token);
  const discord = {
    api_base: simulator.apiBase,
    inbound_scope: "open_guild_channels",
    direct_message_policy: "allow",
  };
  await writeFile(
    paths.gatewayConfig,
    stringify({ version: gatewayConfigVersion, channels: { discord: { default: discord } } }),
  );
  const started = performance.now();
  const center = await ControlCenter.open({
    stateRoot: root,
    hostName: "benchmark",
    version: productVersion,
    sidecarBundles: {
      gateway: path.join(projectRoot, "dist", "palyrad.mjs"),
      browserd: path.join(projectRoot, "dist", "palyra-browserd.mjs"),
    },
    execPath: process.execPath,
    secrets,
    settings: { ...defaultSettings, lingerSeconds: 0 },
    logger: silent,
  });

  const until = (condition: (snapshot: ControlCenterSnapshot) => boolean): Promise<ControlCenterSnapshot> =>
    new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(deadline);
        subscription.dispose();
      };
      const deadline = setTimeout(() => {
        finish();
        reject(new Error(`not reached within 30 s: ${JSON.stringify(center.snapshot)}`));
      }, 30_000);
      const look = (snapshot: ControlCenterSnapshot): void => {
        if (!condition(snapshot)) return;
        finish();
        resolve(snapshot);
      };
      const subscription = center.onSnapshot(look);
      look(center.snapshot);
    });

  const service = (kind: ServiceKind): ServiceView => {
    const view = center.snapshot.services.find((candidate) => candidate.service === kind);
    if (view === undefined) throw new Error(`no ${kind} in the snapshot`);
    return view;
  };
  const stop = async (): Promise<void> => {
    await center.stop();
    await center.dispose();
    await simulator.close();
    await rm(root, { recursive: true, force: true });
  };
  try {
    await until(() => service("gateway").ready_at_unix_ms !== null);
    const startMs = performance.now() - started;
    await until(({ gateway }) => gateway?.status.connectors[0]?.readiness === "ready");
    await until(() => service("browserd").ready_at_unix_ms !== null);
    return { center, simulator, startMs, service, until, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
