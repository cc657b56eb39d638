import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import chromium from "@sparticuz/chromium";
import { RunRecord } from "../../src/contracts/control-link.ts";
import { serviceKinds } from "../../src/contracts/service-kinds.ts";
import type { ServiceKind } from "../../src/contracts/services.ts";
import { ControlCenterSnapshot } from "../../src/contracts/snapshot.ts";
import { runRecordFile, type StatePaths, statePaths } from "../../src/platform/state-paths.ts";
import { type DiscordSimulator, startDiscordSimulator } from "../../src/simulator/discord-simulator.ts";
import { LeaseFolder, type LeaseHolder } from "../../src/supervisor/owner-lease.ts";
import { CommandRun } from "../support/cli/run-command.ts";
import { installVSCode, PROJECT_ROOT } from "../support/vscode/install-vscode.ts";
import { killIfAlive } from "../support/vscode/marked-processes.ts";
import { RUN_MARKER, VSCodeServer } from "../support/vscode/vscode-server.ts";
import { waitUntil } from "../support/vscode/wait-until.ts";
import { Workbench } from "../support/vscode/workbench.ts";

const STATUS_ITEM = "palyra.palyra-control-center.palyra.status";
const UP = /Palyra: (Healthy|Degraded)/;
/** From the death of the owner to the next one, as the user was promised. */
const TAKE_OVER_MS = 2_000;
const COMMAND = path.join(PROJECT_ROOT, "dist", "palyra.mjs");

describe("Windows and a terminal that come and go", () => {
  const runId = randomUUID();
  const windows: Workbench[] = [];
  let simulator: DiscordSimulator;
  let server: VSCodeServer;
  let paths: StatePaths;
  let terminal: CommandRun | undefined;

  before(async () => {
    simulator = await startDiscordSimulator({ identifyIntervalMs: 100 });
    server = await VSCodeServer.start({
      runId,
      vscode: await installVSCode({ progress: console.log }),
      machineSettings: { "palyra.browser.path": await chromium.executablePath() },
    });
    paths = statePaths(path.join(server.home, ".local", "state", "palyra"));
    await mkdir(paths.root, { recursive: true });
    await writeFile(
      path.join(paths.root, "palyra.toml"),
      `version = 1\n\n[channels.discord.default]\napi_base = "${simulator.apiBase}"\ninbound_scope = "open_guild_channels"\n`,
    );
    const window = await openWindow();
    await window.runCommand("Palyra: Set Discord Token…");
    await waitUntil("the question for the account", () =>
      window.page.$eval(".quick-input-widget .quick-input-box input", (input) => input.value === "default"),
    );
    await window.page.keyboard.press("Enter");
    const box = '.quick-input-widget input[type="password"]';
    await window.page.waitForSelector(box, { visible: true });
    await window.page.keyboard.type(simulator.lab.bot.token);
    await window.page.keyboard.press("Enter");
    await answerTo("are you there?");
  });

  after(async () => {
    terminal?.signal("SIGKILL");
    await terminal?.ended();
    for (const window of windows) await window.close();
    await server?.stop();
    await simulator?.close();
  });

  async function openWindow(): Promise<Workbench> {
    const window = await Workbench.open({ server, target: { extensionDevelopmentPath: PROJECT_ROOT } });
    windows.push(window);
    await window.statusBarItem(STATUS_ITEM, UP);
    return window;
  }

  function palyra(...args: string[]): CommandRun {
    return new CommandRun(COMMAND, args, {
      PATH: process.env.PATH,
      HOME: server.home,
      TMPDIR: path.join(server.dataFolder, "tmp"),
      [RUN_MARKER]: runId,
    });
  }

  async function status(): Promise<ControlCenterSnapshot> {
    const run = palyra("status", "--json");
    await run.ended();
    return ControlCenterSnapshot.parse(JSON.parse(run.stdout));
  }

  async function pidOf(service: ServiceKind): Promise<number | null> {
    return RunRecord.parse(JSON.parse(await readFile(runRecordFile(paths, service), "utf8"))).pid;
  }

  const pids = () => Promise.all(serviceKinds.map(pidOf));

  /** Processes of our services, whoever started them. */
  async function sidecars(): Promise<number[]> {
    const all = await server.processes();
    return all
      .flatMap(({ pid, command }) => (/^(palyrad|palyra-browserd)\b/.test(command) ? [pid] : []))
      .sort();
  }

  function answersTo(text: string): number {
    const { lab } = simulator;
    const question = lab.general.messages.find(({ content }) => content.includes(text));
    return lab.general.messages.filter(
      ({ authorId, reference }) => authorId === lab.bot.userId && reference?.messageId === question?.id,
    ).length;
  }

  /** Writes to the bot and waits for its answer. */
  async function answerTo(text: string): Promise<void> {
    await waitUntil("the bot to be there", () => simulator.counts.identifies > 0);
    simulator.people.write("ada", "general", `@palyra ${text}`);
    await waitUntil(`the answer to “${text}”`, () => answersTo(text) > 0);
  }

  async function owner(): Promise<{ generation: number; holder: LeaseHolder }> {
    const lease = await new LeaseFolder(paths.runDir).current();
    assert.ok(lease?.holder);
    return { generation: lease.generation, holder: lease.holder };
  }

  it("a reload keeps processes and Discord connection, and what is written meanwhile is answered once", async () => {
    const [window] = windows;
    assert.ok(window);
    const before = { pids: await pids(), ...simulator.counts, closes: simulator.counts.closes.length };
    const host = (await owner()).holder.pid;
    const reloaded = window.page.waitForNavigation();
    await window.runCommand("Developer: Reload Window");
    simulator.people.write("ada", "general", "@palyra written during the reload");
    await reloaded;
    await window.statusBarItem(STATUS_ITEM, UP);
    await waitUntil("another extension host to own the services", async () => {
      const { holder } = await owner();
      return holder.pid !== host && !holder.released;
    });
    await answerTo("and after it?");
    assert.equal(answersTo("written during the reload"), 1);
    assert.equal(answersTo("and after it?"), 1);
    const after = { pids: await pids(), ...simulator.counts, closes: simulator.counts.closes.length };
    assert.deepEqual(after, before);
  });

  it("two windows and a terminal share one set of services, and all show it", async () => {
    const before = (await pids()).toSorted();
    await openWindow();
    terminal = palyra("up", "--plain");
    await terminal.prints(/palyrad/);
    const shown = await status();
    assert.deepEqual(shown.services.map(({ pid }) => pid).sort(), before);
    assert.deepEqual(await sidecars(), before);
    assert.equal(simulator.counts.identifies, 1);
  });

  it("when the owner is killed another takes over within 2 s with the same processes, and its commands work", async () => {
    const [, second] = windows;
    assert.ok(second);
    const before = (await pids()).toSorted();
    const killed = await owner();
    assert.ok((await server.extensionHosts()).some(({ pid }) => pid === killed.holder.pid));
    const killedAt = Date.now();
    killIfAlive(killed.holder.pid);
    await waitUntil("another owner", async () => (await owner()).generation > killed.generation);
    const tookMs = Date.now() - killedAt;
    assert.ok(tookMs <= TAKE_OVER_MS, `${tookMs} ms`);
    const running = await waitUntil("the new owner to show what runs", async () => {
      const snapshot = await status();
      return snapshot.services.every(({ state }) => state === "running" || state === "degraded") && snapshot;
    });
    assert.deepEqual(running.services.map(({ pid }) => pid).sort(), before);
    assert.deepEqual(await sidecars(), before);
    await answerTo("who answers now?");
    assert.equal(answersTo("who answers now?"), 1);
    assert.equal(simulator.counts.identifies, 1);
    await second.runCommand("Palyra: Stop");
    await second.statusBarItem(STATUS_ITEM, /Palyra: Stopped/);
    assert.deepEqual(await sidecars(), []);
    const started = palyra("restart");
    assert.equal(await started.ended(), 0, started.stderr);
    await second.statusBarItem(STATUS_ITEM, UP);
    const after = (await pids()).toSorted();
    assert.deepEqual(await sidecars(), after);
    assert.ok(after.every((pid) => !before.includes(pid)));
  });
});
