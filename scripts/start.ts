import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { ConnectorStatus } from "../src/contracts/sidecar-status.ts";
import { ControlCenterSnapshot } from "../src/contracts/snapshot.ts";
import { overviewViewId } from "../src/views/contribution-ids.ts";
import { installVSCode, PROJECT_ROOT } from "../test/support/vscode/install-vscode.ts";
import { endMarkedProcesses } from "../test/support/vscode/marked-processes.ts";
import { RUN_MARKER, VSCodeServer } from "../test/support/vscode/vscode-server.ts";
import { waitUntil } from "../test/support/vscode/wait-until.ts";
import { BackgroundProcess } from "./demo/background-process.ts";
import { DemoFolder, SimulatorAddress } from "./demo/demo-folder.ts";
import { desktopArguments, findDesktopVSCode } from "./demo/desktop-vscode.ts";
import { Steps } from "./demo/steps.ts";

const runFile = promisify(execFile);

const READY_DEADLINE_MS = 60_000;
const POLITE_MS = 5_000;
const DIST = path.join(PROJECT_ROOT, "dist");
const COMMAND_LINE = path.join(DIST, "palyra.mjs");

const steps = new Steps();
const folder = new DemoFolder();
const runId = randomUUID();
const givenUp = new AbortController();
const cleanUps: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    process.stdout.write("\n");
    void stop(0);
  });
}

try {
  await start();
} catch (error) {
  if (stopping === undefined) {
    steps.say(error instanceof Error ? error.message : String(error));
    await stop(1);
  }
}

async function start(): Promise<void> {
  await steps.run(
    "building",
    () => runFile(process.execPath, ["esbuild.mjs"], { cwd: PROJECT_ROOT, signal: givenUp.signal }),
    () => "built",
  );
  await folder.take(runId);
  const temporary = await mkdtemp(path.join(tmpdir(), "palyra-demo-"));
  cleanUps.push(async () => {
    await endMarkedProcesses(RUN_MARKER, runId, POLITE_MS);
    await folder.release();
    await rm(temporary, { recursive: true, force: true });
  });
  // One temporary folder for all: long socket paths are moved there, and both ends have to agree.
  const environment = {
    ...process.env,
    PALYRA_STATE_ROOT: folder.stateRoot,
    TMPDIR: temporary,
    [RUN_MARKER]: runId,
  };

  const simulator = await steps.run(
    "starting the simulated Discord",
    () => startSimulator(environment),
    ({ webUrl }) => `simulated Discord: ${webUrl}`,
  );
  await folder.onboard(simulator);
  steps.say("the bot is onboarded against it");

  const controlCenter = await startProcess("control-center", [COMMAND_LINE, "up"], environment);
  controlCenter.ignoreOutput();
  const snapshot = await steps.run(
    "starting the services",
    () => Promise.race([healthy(environment), failOnEnd(controlCenter)]),
    ({ overall_status, overall_reason }) => `the services are ${overall_status}: ${overall_reason}`,
  );
  steps.say(`state: ${snapshot.quick_facts.state_root}`);

  const desktop = findDesktopVSCode();
  if (desktop === undefined) {
    await openServerVSCode(environment);
  } else {
    openDesktopVSCode(desktop, environment);
  }
  steps.say(`talk to the bot: ${simulator.webUrl} or: npm run say -- "@palyra hello"`);
  steps.say("Ctrl-C ends everything");
}

async function startProcess(
  name: string,
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<BackgroundProcess> {
  return BackgroundProcess.start({ name, command, environment, logFolder: folder.logs });
}

async function startSimulator(environment: NodeJS.ProcessEnv): Promise<SimulatorAddress> {
  const command = [path.join(DIST, "discord-sim.mjs"), "--exit-with-stdin"];
  const simulator = await startProcess("discord-sim", command, environment);
  return SimulatorAddress.parse(JSON.parse(await simulator.firstLine()));
}

/** Waits until the gateway answers on Discord. A missing browser leaves the whole degraded, and that is well. */
async function healthy(environment: NodeJS.ProcessEnv): Promise<ControlCenterSnapshot> {
  return waitUntil(
    "the services to be ready",
    async () => {
      const { stdout } = await runFile(process.execPath, [COMMAND_LINE, "status", "--json"], {
        env: environment,
      });
      const snapshot = ControlCenterSnapshot.parse(JSON.parse(stdout));
      return isReady(snapshot) ? snapshot : undefined;
    },
    READY_DEADLINE_MS,
  );
}

function isReady({ services, gateway }: ControlCenterSnapshot): boolean {
  const settled = services.every(({ state }) => state === "running" || state === "degraded");
  return settled && (gateway?.status.connectors.some(isConnected) ?? false);
}

function isConnected({ readiness, liveness }: ConnectorStatus): boolean {
  return readiness === "ready" && liveness === "running";
}

async function failOnEnd(child: BackgroundProcess): Promise<never> {
  throw await child.whenEnded();
}

async function openServerVSCode(environment: NodeJS.ProcessEnv): Promise<void> {
  const vscode = await installVSCode({ progress: (line) => steps.say(line), signal: givenUp.signal });
  const server = await steps.run(
    "starting VS Code",
    () =>
      VSCodeServer.start({
        vscode,
        runId,
        environment,
        dataFolder: folder.vscodeData,
        extensionFolders: [PROJECT_ROOT],
        firstView: overviewViewId,
      }),
    () => `VS Code ${vscode.version} in the browser, with the extension from this folder`,
  );
  cleanUps.push(() => server.stop(POLITE_MS));
  steps.say(`open ${server.windowUrl({ folder: folder.workspace })}`);
}

function openDesktopVSCode(command: string, environment: NodeJS.ProcessEnv): void {
  const args = desktopArguments(PROJECT_ROOT, folder.workspace, folder.vscodeData);
  const window = spawn(command, args, {
    env: environment,
    stdio: "ignore",
    shell: process.platform === "win32",
  });
  window.once("error", (error) => steps.say(`VS Code could not be opened: ${error.message}`));
  steps.say("VS Code opens in a window of its own, with the extension from this folder");
}

async function stop(code: number): Promise<void> {
  stopping ??= (async () => {
    steps.say("stopping ...");
    givenUp.abort();
    for (const cleanUp of cleanUps.reverse()) {
      await cleanUp();
    }
    steps.say("all stopped");
  })();
  await stopping;
  process.exit(code);
}
