import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { stringify } from "smol-toml";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import {
  type DiscordChannelConfig,
  discordTokenRef,
  gatewayConfigVersion,
} from "../../src/contracts/gateway-config.ts";
import { statePaths } from "../../src/platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../../src/supervisor/encrypted-file-secret-store.ts";
import { StateFileStore } from "../../src/supervisor/state-file-store.ts";
import { PROJECT_ROOT } from "../../test/support/vscode/install-vscode.ts";
import { endMarkedProcesses, isAlive } from "../../test/support/vscode/marked-processes.ts";
import { RUN_MARKER } from "../../test/support/vscode/vscode-server.ts";

const ACCOUNT = "default";
const POLITE_MS = 5_000;

/** What the simulated Discord says of itself when it listens. */
export const SimulatorAddress = z.looseObject({ apiBase: z.url(), webUrl: z.url(), botToken: z.string() });
export type SimulatorAddress = z.infer<typeof SimulatorAddress>;

const RunningDemo = z.object({ pid: z.int(), runId: z.string() });

/** `.cache/demo/`: everything that a demo writes. */
export class DemoFolder {
  readonly root: string;

  constructor(root: string = path.join(PROJECT_ROOT, ".cache", "demo")) {
    this.root = root;
  }

  get stateRoot(): string {
    return path.join(this.root, "state");
  }

  get logs(): string {
    return path.join(this.root, "logs");
  }

  get vscodeData(): string {
    return path.join(this.root, "vscode");
  }

  /** Address of the running simulator, for `npm run say`. */
  get simulatorFile(): string {
    return path.join(this.root, "simulator.json");
  }

  /** An empty folder to work and talk in. */
  get workspace(): string {
    return path.join(this.root, "workspace");
  }

  /**
   * Empties the folder and takes it for this process. What a killed demo left running is ended.
   *
   * @param runId marker value of this demo's processes.
   * @throws Error when another demo is running.
   */
  async take(runId: string): Promise<void> {
    const earlier = await this.#runningDemo();
    if (earlier !== undefined) {
      if (isAlive(earlier.pid)) {
        throw new Error(
          `npm start is already running (process ${earlier.pid}). Next step: end it with Ctrl-C.`,
        );
      }
      await endMarkedProcesses(RUN_MARKER, earlier.runId, POLITE_MS);
    }
    await rm(this.root, { recursive: true, force: true });
    await mkdir(this.workspace, { recursive: true });
    await writeFileAtomic(this.#runFile, JSON.stringify({ pid: process.pid, runId }));
  }

  /** Gives the folder free; the logs and the state stay for a look. */
  async release(): Promise<void> {
    await rm(this.#runFile, { force: true });
    await rm(this.simulatorFile, { force: true });
  }

  /** Writes the configuration and secrets that onboarding would have written. */
  async onboard(simulator: SimulatorAddress): Promise<void> {
    const paths = statePaths(this.stateRoot);
    const discord: Partial<DiscordChannelConfig> = {
      api_base: simulator.apiBase,
      inbound_scope: "open_guild_channels",
      direct_message_policy: "allow",
    };
    const state = await StateFileStore.open(paths.stateFile, {
      secretsHome: "file",
      desired: { gateway: true, browserd: true },
    });
    await state.save();
    await new EncryptedFileSecretStore(paths.secretsDir).set(discordTokenRef(ACCOUNT), simulator.botToken);
    await writeFile(
      paths.gatewayConfig,
      stringify({ version: gatewayConfigVersion, channels: { discord: { [ACCOUNT]: discord } } }),
    );
    await writeFile(this.simulatorFile, JSON.stringify(simulator), { mode: 0o600 });
  }

  get #runFile(): string {
    return path.join(this.root, "running.json");
  }

  async #runningDemo(): Promise<z.infer<typeof RunningDemo> | undefined> {
    try {
      return RunningDemo.parse(JSON.parse(await readFile(this.#runFile, "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        return undefined;
      }
      throw error;
    }
  }
}
