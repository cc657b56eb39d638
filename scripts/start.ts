import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { overviewViewId } from "../src/views/contribution-ids.ts";
import { installVSCode, PROJECT_ROOT } from "../test/support/vscode/install-vscode.ts";
import { RUN_MARKER, VSCodeServer } from "../test/support/vscode/vscode-server.ts";
import { BackgroundProcess } from "./demo/background-process.ts";
import { inWords, openControlCenter, sayChanges, whenReady } from "./demo/demo-control-center.ts";
import { DemoFolder, SimulatorAddress } from "./demo/demo-folder.ts";
import { desktopArguments, findDesktopVSCode } from "./demo/desktop-vscode.ts";
import { Steps } from "./demo/steps.ts";

const runFile = promisify(execFile);

const DIST = path.join(PROJECT_ROOT, "dist");

/** The tests start a demo of their own, on what is built already. */
const { values: given } = parseArgs({
  options: { folder: { type: "string" }, build: { type: "boolean", default: true } },
  allowNegative: true,
});

const steps = new Steps();
const runId = randomUUID();
const folder = new DemoFolder(runId, given.folder);
const givenUp = new AbortController();
const cleanUps: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void stop(0));
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
  if (given.build) {
    await build();
  }
  await prepare();

  const simulator = await steps.run(
    "starting the simulated Discord",
    startSimulator,
    ({ webUrl }) => `simulated Discord: ${webUrl}`,
  );
  await folder.onboard(simulator);
  steps.say(`the bot is onboarded against it, in ${folder.stateRoot}`);

  const say = (line: string) => steps.say(line);
  await steps.run(
    "starting the services",
    async () => {
      const center = await openControlCenter({ stateRoot: folder.stateRoot, dist: DIST, say });
      cleanUps.push(async () => {
        await center.stop();
        await center.dispose();
      });
      const ready = await whenReady(center);
      const end = sayChanges(center, say);
      cleanUps.push(async () => end());
      return ready;
    },
    inWords,
  );

  const desktop = findDesktopVSCode();
  if (desktop === undefined) {
    await openServerVSCode();
  } else {
    openDesktopVSCode(desktop);
  }
  steps.say(`talk to the bot: ${simulator.webUrl} or: npm run say -- "@palyra hello"`);
  steps.say("Ctrl-C ends everything");
}

async function build(): Promise<void> {
  const script = () =>
    runFile(process.execPath, ["esbuild.mjs"], { cwd: PROJECT_ROOT, signal: givenUp.signal });
  await steps.run("building", script, () => "built");
}

/** Takes the demo's folder, and sees to it that all processes carry the marker by which they are found at the end. */
async function prepare(): Promise<void> {
  const temporary = await folder.take();
  cleanUps.push(() => folder.release());
  process.env[RUN_MARKER] = runId;
  process.env.PALYRA_STATE_ROOT = folder.stateRoot;
  // Sockets with long paths move to the temporary folder, and both of their ends have to agree which one that is.
  process.env.TMPDIR = temporary;
}

async function startSimulator(): Promise<SimulatorAddress> {
  const simulator = await BackgroundProcess.start({
    name: "discord-sim",
    command: [path.join(DIST, "discord-sim.mjs"), "--exit-with-stdin"],
    environment: process.env,
    logFolder: folder.logs,
  });
  const address = SimulatorAddress.parse(JSON.parse(await simulator.firstLine()));
  void simulator.whenEnded().then((error) => {
    if (stopping === undefined) {
      steps.say(error.message);
    }
  });
  return address;
}

async function openServerVSCode(): Promise<void> {
  const vscode = await installVSCode({ progress: (line) => steps.say(line), signal: givenUp.signal });
  const server = await steps.run(
    "starting VS Code",
    () =>
      VSCodeServer.start({
        vscode,
        runId,
        environment: { TMPDIR: process.env.TMPDIR },
        dataFolder: folder.vscodeData,
        extensionFolders: [PROJECT_ROOT],
        firstView: overviewViewId,
      }),
    () => `VS Code ${vscode.version} in the browser, with the extension from this folder`,
  );
  // First of all at the end: a window that sees its services go would start them again.
  cleanUps.push(() => server.stopServer());
  steps.say(`open ${server.windowUrl({ folder: folder.workspace })}`);
}

function openDesktopVSCode(command: string): void {
  const args = desktopArguments(PROJECT_ROOT, folder.workspace, folder.vscodeData);
  const window = spawn(command, args, { stdio: "ignore", shell: process.platform === "win32" });
  window.once("error", (error) => steps.say(`VS Code could not be opened: ${error.message}`));
  steps.say("VS Code opens in a window of its own, with the extension from this folder");
}

async function stop(code: number): Promise<void> {
  stopping ??= (async () => {
    steps.say("stopping ...");
    givenUp.abort();
    for (const cleanUp of cleanUps.reverse()) {
      await cleanUp().catch((error: unknown) => steps.say(String(error)));
    }
    steps.say("all stopped");
  })();
  await stopping;
  process.exit(code);
}
