import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import writeFileAtomic from "write-file-atomic";
import { FrontDoor } from "./front-door.ts";
import { type InstalledVSCode, PROJECT_ROOT } from "./install-vscode.ts";
import { endMarkedProcesses, killIfAlive, type MarkedProcess, markedProcesses } from "./marked-processes.ts";
import { waitUntil } from "./wait-until.ts";

const runFile = promisify(execFile);

/** Every process that a server starts, however deep, inherits this variable with the run's own value. */
export const RUN_MARKER = "PALYRA_TEST_RUN";

const HOST = "127.0.0.1";
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 10_000;
const SERVER_ENTRY = path.join("out", "server-main.js");

/** Keeps VS Code quiet and offline, so that a window shows what the extension does and nothing else. */
const QUIET_SETTINGS: Readonly<Record<string, unknown>> = {
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.enableExperiments": false,
  "workbench.tips.enabled": false,
  "chat.disableAIFeatures": true,
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "git.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
};
const LISTENING = /Extension host agent listening on (\d+)/;

export interface VSCodeServerOptions {
  readonly vscode: InstalledVSCode;
  /** Holds home, data, settings and extensions. Default: a temporary folder that `stop` removes. */
  readonly dataFolder?: string;
  /** Extension packages that are installed before the start. */
  readonly vsixFiles?: readonly string[];
  /**
   * Folders of extensions to install as they are, by a link. Unlike an extension in development, they come back when
   * the extension host has crashed.
   */
  readonly extensionFolders?: readonly string[];
  /** Settings of machine scope, which a remote window takes from the machine and not from the user. */
  readonly machineSettings?: Readonly<Record<string, unknown>>;
  /** Id of the view that a window shows when it is opened for the first time. */
  readonly firstView?: string;
  /** User settings before the first window opens, over those that keep VS Code quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Value of the marker that all its processes carry; `stop` ends whatever else carries it too. Default: new. */
  readonly runId?: string;
  /** Variables for the server and all that it starts. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Folders are not trusted before the user says so. Default: every folder is trusted. */
  readonly workspaceTrust?: boolean;
  /** How long an extension host waits for its lost window, in seconds. */
  readonly reconnectionGraceSeconds?: number;
}

/** What the workbench should open. All paths are absolute. */
export interface WindowTarget {
  readonly folder?: string;
  /** Folder of an extension to run from its sources' build, as F5 does. */
  readonly extensionDevelopmentPath?: string;
  /** Module whose exported `run()` is called inside the extension host. */
  readonly extensionTestsPath?: string;
}

/** VS Code's own server on a free loopback port. Stopping it leaves no process and no temporary folder. */
export class VSCodeServer {
  readonly dataFolder: string;
  readonly #process: ChildProcess;
  readonly #door: FrontDoor;
  readonly #runId: string;
  readonly #removeData: boolean;
  readonly #vscode: InstalledVSCode;
  readonly #output: string[];
  readonly #killOnExit: () => void;
  #stopping: Promise<void> | undefined;

  private constructor(init: {
    dataFolder: string;
    process: ChildProcess;
    door: FrontDoor;
    runId: string;
    removeData: boolean;
    vscode: InstalledVSCode;
    output: string[];
    killOnExit: () => void;
  }) {
    this.dataFolder = init.dataFolder;
    this.#process = init.process;
    this.#door = init.door;
    this.#runId = init.runId;
    this.#removeData = init.removeData;
    this.#vscode = init.vscode;
    this.#output = init.output;
    this.#killOnExit = init.killOnExit;
  }

  /**
   * Starts the server and resolves when it answers.
   *
   * @throws Error with the server's last output when it does not answer within 60 s.
   */
  static async start(options: VSCodeServerOptions): Promise<VSCodeServer> {
    const removeData = options.dataFolder === undefined;
    const dataFolder = options.dataFolder ?? (await mkdtemp(path.join(temporaryRoot(), "palyra-vscode-")));
    const runId = options.runId ?? randomUUID();
    const environment = await prepareEnvironment(dataFolder, runId, options.environment);
    await mkdir(path.join(dataFolder, "extensions"), { recursive: true });
    for (const folder of options.extensionFolders ?? []) {
      await linkExtension(dataFolder, folder);
    }
    if (options.machineSettings) {
      await writeJson(path.join(dataFolder, "user", "Machine", "settings.json"), options.machineSettings);
    }
    await writeJson(settingsFile(dataFolder), { ...QUIET_SETTINGS, ...options.settings });
    for (const vsix of options.vsixFiles ?? []) {
      await installVsix(options.vscode, dataFolder, environment, vsix);
    }
    const output: string[] = [];
    const child = spawn(
      node24(),
      [
        SERVER_ENTRY,
        "--host",
        HOST,
        "--port",
        "0",
        "--without-connection-token",
        "--accept-server-license-terms",
        "--disable-telemetry",
        "--enable-smoke-test-driver",
        ...(options.workspaceTrust ? [] : ["--disable-workspace-trust"]),
        "--reconnection-grace-time",
        String(options.reconnectionGraceSeconds ?? 5),
        ...folderArguments(dataFolder),
      ],
      // Detached makes it the leader of a process group, which is what `stop` ends as a whole.
      { cwd: options.vscode.folder, env: environment, stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
    const killOnExit = () => {
      killGroup(child);
      if (removeData) {
        rmSync(dataFolder, { recursive: true, force: true });
      }
    };
    process.once("exit", killOnExit);
    try {
      const port = await listeningPort(child, output);
      await waitUntil("VS Code to answer", async () => (await fetch(`http://${HOST}:${port}/version`)).ok);
      return new VSCodeServer({
        dataFolder,
        process: child,
        door: await FrontDoor.open({
          backendPort: port,
          keyFile: path.join(dataFolder, "secret-key-half"),
          ...(options.firstView === undefined ? {} : { firstView: options.firstView }),
        }),
        runId,
        removeData,
        vscode: options.vscode,
        output,
        killOnExit,
      });
    } catch (error) {
      killGroup(child);
      process.off("exit", killOnExit);
      throw error;
    }
  }

  /** Base address, such as `http://127.0.0.1:43210`. */
  get url(): string {
    return `http://${HOST}:${this.#door.port}`;
  }

  get pid(): number {
    return pidOf(this.#process);
  }

  /** Everything the server printed, one entry per chunk. */
  get output(): readonly string[] {
    return this.#output;
  }

  /** The home folder that the server and the extensions see. */
  get home(): string {
    return path.join(this.dataFolder, "home");
  }

  /** The address that opens the workbench on the target. */
  windowUrl(target: WindowTarget = {}): string {
    const remote = (file: string) => `vscode-remote://${HOST}:${this.#door.port}${file}`;
    const payload: [string, string][] = [];
    if (target.extensionDevelopmentPath) {
      payload.push(["extensionDevelopmentPath", remote(target.extensionDevelopmentPath)]);
    }
    if (target.extensionTestsPath) {
      payload.push(["extensionTestsPath", remote(target.extensionTestsPath)]);
    }
    const query = new URLSearchParams();
    if (target.folder) {
      query.set("folder", target.folder);
    } else {
      query.set("ew", "true");
    }
    if (payload.length > 0) {
      query.set("payload", JSON.stringify(payload));
    }
    return `${this.url}/?${query}`;
  }

  /** Installs an extension package; windows that open later have it. */
  async installVsix(file: string): Promise<void> {
    const environment = await prepareEnvironment(this.dataFolder, this.#runId);
    await installVsix(this.#vscode, this.dataFolder, environment, file);
  }

  /** All living processes that this server started, directly or not, detached ones included. */
  async processes(): Promise<MarkedProcess[]> {
    return markedProcesses(RUN_MARKER, this.#runId);
  }

  /** The running extension hosts: one per open window, and those that still wait for a lost one. */
  async extensionHosts(): Promise<MarkedProcess[]> {
    return (await this.processes()).filter((found) => found.command.includes("--type=extensionHost"));
  }

  /** Kills the running extension hosts with SIGKILL, as a crash would, and resolves when they are gone. */
  async killExtensionHosts(): Promise<number[]> {
    const pids = (await this.extensionHosts()).map(({ pid }) => pid);
    for (const pid of pids) {
      killIfAlive(pid);
    }
    await waitUntil(
      "the extension hosts to end",
      async () => (await this.extensionHosts()).every(({ pid }) => !pids.includes(pid)),
      STOP_DEADLINE_MS,
    );
    return pids;
  }

  /**
   * Ends everything: server, extension hosts, and what extensions left behind. Safe to call twice.
   *
   * @param politeMs how long what extensions left behind may take to end by itself after a SIGTERM.
   */
  async stop(politeMs = 0): Promise<void> {
    this.#stopping ??= this.#stop(politeMs);
    return this.#stopping;
  }

  /** Ends the server and its extension hosts; what extensions left behind goes on. */
  async stopServer(): Promise<void> {
    await this.#door.close();
    const exited = new Promise<void>((resolve) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
        resolve();
      } else {
        this.#process.once("exit", () => resolve());
      }
    });
    killGroup(this.#process);
    await exited;
    process.off("exit", this.#killOnExit);
  }

  async #stop(politeMs: number): Promise<void> {
    await this.stopServer();
    await endMarkedProcesses(RUN_MARKER, this.#runId, politeMs);
    if (this.#removeData) {
      await rm(this.dataFolder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** Sockets live below it, and their paths must stay under 104 characters; the one of macOS is already long. */
function temporaryRoot(): string {
  return process.platform === "darwin" ? "/tmp" : tmpdir();
}

function node24(): string {
  if (process.versions.node.startsWith("24.")) {
    return process.execPath;
  }
  const bundled = path.join(
    PROJECT_ROOT,
    "node_modules",
    "node",
    "bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
  if (!existsSync(bundled)) {
    throw new Error(`VS Code's server needs Node 24, this is ${process.version}. Next step: npm ci`);
  }
  return bundled;
}

async function prepareEnvironment(
  dataFolder: string,
  runId: string,
  extra: NodeJS.ProcessEnv = {},
): Promise<NodeJS.ProcessEnv> {
  const home = path.join(dataFolder, "home");
  const temporary = path.join(dataFolder, "tmp");
  await mkdir(home, { recursive: true });
  await mkdir(temporary, { recursive: true });
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_|npm_|XDG_|NODE_OPTIONS$|NODE_V8_COVERAGE$)/.test(name),
  );
  return { ...Object.fromEntries(inherited), HOME: home, TMPDIR: temporary, ...extra, [RUN_MARKER]: runId };
}

function folderArguments(dataFolder: string): string[] {
  return [
    "--server-data-dir",
    path.join(dataFolder, "server"),
    "--user-data-dir",
    path.join(dataFolder, "user"),
    "--extensions-dir",
    path.join(dataFolder, "extensions"),
  ];
}

function settingsFile(dataFolder: string): string {
  return path.join(dataFolder, "user", "User", "settings.json");
}

async function writeJson(file: string, content: Readonly<Record<string, unknown>>): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomic(file, JSON.stringify(content, null, 2));
}

async function linkExtension(dataFolder: string, folder: string): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const { publisher, name, version } = manifest as Record<"publisher" | "name" | "version", string>;
  const link = path.join(dataFolder, "extensions", `${publisher}.${name}-${version}`);
  await rm(link, { force: true });
  await symlink(folder, link, "junction");
}

async function installVsix(
  vscode: InstalledVSCode,
  dataFolder: string,
  environment: NodeJS.ProcessEnv,
  file: string,
): Promise<void> {
  const args = [SERVER_ENTRY, "--accept-server-license-terms", ...folderArguments(dataFolder)];
  const { stdout, stderr } = await runFile(
    node24(),
    [...args, "--install-extension", path.resolve(file), "--force"],
    { cwd: vscode.folder, env: environment },
  );
  if (!/successfully installed/.test(stdout)) {
    throw new Error(`VS Code did not install ${file}:\n${stdout}${stderr}`);
  }
}

async function listeningPort(child: ChildProcess, output: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) =>
      reject(new Error(`VS Code's server ${reason}:\n${output.join("").slice(-4_000)}`));
    const timer = setTimeout(
      () => fail(`did not listen within ${START_DEADLINE_MS / 1000} s`),
      START_DEADLINE_MS,
    );
    const read = (chunk: string) => {
      output.push(chunk);
      const port = LISTENING.exec(output.join(""))?.[1];
      if (port) {
        clearTimeout(timer);
        resolve(Number(port));
      }
    };
    child.stdout?.setEncoding("utf8").on("data", read);
    child.stderr?.setEncoding("utf8").on("data", read);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      fail(`ended with ${code ?? signal}`);
    });
  });
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) {
    throw new Error("VS Code's server has no process id");
  }
  return child.pid;
}

function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined) {
    killIfAlive(process.platform === "win32" ? child.pid : -child.pid);
  }
}
