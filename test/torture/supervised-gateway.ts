import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { stringify } from "smol-toml";
import { discordTokenRef, gatewayConfigVersion } from "../../src/contracts/gateway-config.ts";
import type { ConnectorStatus } from "../../src/contracts/sidecar-status.ts";
import type { ControlCenterSnapshot, ServiceView } from "../../src/contracts/snapshot.ts";
import { statePaths } from "../../src/platform/state-paths.ts";
import { productVersion } from "../../src/platform/version.ts";
import type { DiscordSimulator } from "../../src/simulator/discord-simulator.ts";
import { ControlCenter } from "../../src/supervisor/control-center.ts";
import { defaultSettings } from "../../src/supervisor/control-center-options.ts";
import { EncryptedFileSecretStore } from "../../src/supervisor/encrypted-file-secret-store.ts";
import { StateFileStore } from "../../src/supervisor/state-file-store.ts";

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Kills are no crash loop here, and a dead gateway is back soon. */
const timings = { crashLimit: 1_000_000, backoffBaseMs: 50, backoffMaxMs: 500 };

/** A gateway under a control center, in a temporary folder, with a bot on a simulated Discord. */
export class SupervisedGateway {
  readonly stateRoot: string;
  readonly center: ControlCenter;

  private constructor(stateRoot: string, center: ControlCenter) {
    this.stateRoot = stateRoot;
    this.center = center;
  }

  /** Opens the control center, which starts the gateway; does not wait for it. */
  static async open(simulator: DiscordSimulator, bundle: string): Promise<SupervisedGateway> {
    const stateRoot = await mkdtemp(path.join(os.tmpdir(), "palyra-torture-"));
    const paths = statePaths(stateRoot);
    const desired = { gateway: true, browserd: false };
    const state = await StateFileStore.open(paths.stateFile, { secretsHome: "file", desired });
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
    const center = await ControlCenter.open({
      stateRoot,
      hostName: "torture run",
      version: productVersion,
      sidecarBundles: { gateway: bundle, browserd: bundle },
      execPath: process.execPath,
      secrets,
      settings: { ...defaultSettings, lingerSeconds: 5, logLevel: "debug" },
      logger: silent,
      desired,
      timings,
    });
    return new SupervisedGateway(stateRoot, center);
  }

  get view(): ServiceView {
    const view = this.center.snapshot.services.find((service) => service.service === "gateway");
    if (view === undefined) throw new Error("there is no gateway in the snapshot");
    return view;
  }

  /** What the gateway last said of its Discord account; undefined while there is none. */
  get connector(): ConnectorStatus | undefined {
    return this.center.snapshot.gateway?.status.connectors[0];
  }

  /** Whether it is connected and has nothing left to do. */
  get isIdle(): boolean {
    const { connector } = this;
    return (
      connector?.liveness === "running" &&
      connector.queue.inbox_pending === 0 &&
      connector.queue.outbox_pending === 0
    );
  }

  /**
   * Resolves with the first value that is not null, now or at a later change.
   * @throws the reason of the signal
   */
  when<T>(read: () => T | null, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        subscription.dispose();
        signal.removeEventListener("abort", onAbort);
      };
      const onAbort = (): void => {
        finish();
        reject(signal.reason);
      };
      const look = (_snapshot?: ControlCenterSnapshot): void => {
        const value = read();
        if (value === null) return;
        finish();
        resolve(value);
      };
      const subscription = this.center.onSnapshot(look);
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
      else look();
    });
  }

  /** Ends the gateway and leaves; the state folder stays. */
  async close(): Promise<void> {
    await this.center.stop();
    await this.center.dispose();
  }

  async removeFolder(): Promise<void> {
    await rm(this.stateRoot, { recursive: true, force: true, maxRetries: 5 });
  }
}
