import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "smol-toml";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod";
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

/** `demo.json`: who runs the demo, and for `npm run say` where. Without the bot's token. */
const DemoRecord = z.object({
  pid: z.int(),
  runId: z.string(),
  /** Sockets and other short-lived files; outside, because the paths of sockets have to be short. */
  temporary: z.string(),
  simulator: SimulatorAddress.pick({ apiBase: true, webUrl: true }).optional(),
});
type DemoRecord = z.infer<typeof DemoRecord>;

/** `.cache/demo/`: everything that a demo writes. */
export class DemoFolder {
  readonly root: string;
  readonly #runId: string;
  #record: DemoRecord | undefined;

  /** @param runId value of the marker that this demo's processes carry */
  constructor(runId: string, root: string = path.join(PROJECT_ROOT, ".cache", "demo")) {
    this.root = root;
    this.#runId = runId;
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

  /** An empty folder to work and talk in. */
  get workspace(): string {
    return path.join(this.root, "workspace");
  }

  /**
   * Empties the folder and takes it for this process. What a killed demo left behind is ended and removed.
   *
   * @returns an empty folder for temporary files.
   * @throws Error when another demo is running.
   */
  async take(): Promise<string> {
    const earlier = await this.#readRecord();
    if (earlier !== undefined) {
      if (isAlive(earlier.pid)) {
        throw new Error(
          `npm start is already running (process ${earlier.pid}). Next step: end it with Ctrl-C.`,
        );
      }
      await endMarkedProcesses(RUN_MARKER, earlier.runId, POLITE_MS);
      await rm(earlier.temporary, { recursive: true, force: true });
    }
    await rm(this.root, { recursive: true, force: true });
    await mkdir(this.workspace, { recursive: true });
    const temporary = await mkdtemp(path.join(tmpdir(), "palyra-demo-"));
    await this.#keepRecord({ pid: process.pid, runId: this.#runId, temporary });
    return temporary;
  }

  /** Ends all processes of this demo and gives the folder free; the logs and the state stay for a look. */
  async release(): Promise<void> {
    if (this.#record !== undefined) {
      await endMarkedProcesses(RUN_MARKER, this.#runId, POLITE_MS);
      await rm(this.#record.temporary, { recursive: true, force: true });
      await rm(this.#recordFile, { force: true });
    }
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
    if (this.#record !== undefined) {
      const { apiBase, webUrl } = simulator;
      await this.#keepRecord({ ...this.#record, simulator: { apiBase, webUrl } });
    }
  }

  get #recordFile(): string {
    return path.join(this.root, "demo.json");
  }

  async #keepRecord(record: DemoRecord): Promise<void> {
    this.#record = record;
    await writeFileAtomic(this.#recordFile, JSON.stringify(record));
  }

  async #readRecord(): Promise<DemoRecord | undefined> {
    try {
      return DemoRecord.parse(JSON.parse(await readFile(this.#recordFile, "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        return undefined;
      }
      throw error;
    }
  }
}
