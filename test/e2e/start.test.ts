import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { DemoFolder } from "../../scripts/demo/demo-folder.ts";
import { statePaths } from "../../src/platform/state-paths.ts";
import { readRunRecord } from "../../src/supervisor/run-record.ts";
import { PROJECT_ROOT } from "../support/vscode/install-vscode.ts";
import { killIfAlive, markedProcesses } from "../support/vscode/marked-processes.ts";
import { RUN_MARKER } from "../support/vscode/vscode-server.ts";
import { waitUntil } from "../support/vscode/wait-until.ts";

const runFile = promisify(execFile);

const START_DEADLINE_MS = 60_000;

describe("npm start", () => {
  let folder: string;
  const started: Demo[] = [];

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "palyra-start-"));
  });

  after(async () => {
    for (const demo of started) {
      await demo.interrupt();
    }
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<Demo> {
    const demo = new Demo(folder);
    started.push(demo);
    await demo.ready();
    return demo;
  }

  it("brings up VS Code, the services and a bot that answers, and says where they are", async () => {
    const demo = await start();
    const page = await fetch(demo.address(/open (\S+)/));
    assert.match(await page.text(), /vscode-workbench-web-configuration/);
    const chat = await fetch(demo.address(/Discord: (\S+)/));
    assert.equal(chat.status, 200);
    assert.match(await chat.text(), /<title>/);
    const say = ["scripts/say.ts", "@palyra hello from the test", "--url", demo.address(/Discord: (\S+)/)];
    const { stdout } = await runFile(process.execPath, say, { cwd: PROJECT_ROOT });
    assert.match(stdout, /hello from the test/);
  });

  it("says that a service ended and that it is back", async () => {
    const demo = started.at(-1);
    assert.ok(demo);
    const record = await readRunRecord(statePaths(new DemoFolder("", folder).stateRoot), "gateway");
    assert.ok(record?.pid);
    const before = demo.output.length;
    killIfAlive(record.pid, "SIGKILL");
    const said = () => demo.output.slice(before);
    await waitUntil("both lines", () =>
      /the services are (down|starting|degraded): .*palyrad[\s\S]*the services are healthy/.test(said()),
    ).catch((error: unknown) => {
      throw new Error(said(), { cause: error });
    });
  });

  it("refuses to run twice, and says how to end the first", async () => {
    const second = new Demo(folder);
    assert.equal(await second.ended(), 1);
    assert.match(second.output, /already running \(process \d+\)\. Next step: end it with Ctrl-C/);
  });

  it("clears away at the next start what was left by one that was killed", async () => {
    const [killed] = started;
    assert.ok(killed);
    const runId = await killed.runId();
    await killed.kill();
    assert.notDeepEqual(await markedProcesses(RUN_MARKER, runId), []);
    await start();
    assert.deepEqual(await markedProcesses(RUN_MARKER, runId), []);
  });

  it("leaves no process after Ctrl-C", async () => {
    const demo = started.at(-1);
    assert.ok(demo);
    const runId = await demo.runId();
    assert.notDeepEqual(await markedProcesses(RUN_MARKER, runId), []);
    assert.equal(await demo.interrupt(), 0);
    assert.match(demo.output, /all stopped/);
    assert.deepEqual(await markedProcesses(RUN_MARKER, runId), []);
  });
});

/** One run of the command, on what is built already. */
class Demo {
  readonly #folder: string;
  readonly #child: ChildProcess;
  #output = "";

  constructor(folder: string) {
    this.#folder = folder;
    this.#child = spawn(process.execPath, ["scripts/start.ts", "--no-build", "--folder", folder], {
      cwd: PROJECT_ROOT,
      // The desktop's VS Code is not for tests.
      env: { ...process.env, DISPLAY: "", WAYLAND_DISPLAY: "" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on("line", (line) => {
        this.#output += `${line}\n`;
      });
    }
  }

  get output(): string {
    return this.#output;
  }

  async ready(): Promise<void> {
    await waitUntil(
      "npm start to be ready",
      () => {
        assert.equal(this.#child.exitCode, null, this.#output);
        return this.#output.includes("Ctrl-C ends everything");
      },
      START_DEADLINE_MS,
    ).catch((error: unknown) => {
      throw new Error(this.#output, { cause: error });
    });
  }

  address(pattern: RegExp): string {
    const found = pattern.exec(this.#output)?.[1];
    assert.ok(found, this.#output);
    return found;
  }

  async runId(): Promise<string> {
    const record: unknown = JSON.parse(await readFile(path.join(this.#folder, "demo.json"), "utf8"));
    return (record as { runId: string }).runId;
  }

  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await once(this.#child, "exit");
    }
    return this.#child.exitCode;
  }

  async interrupt(): Promise<number | null> {
    this.#signal("SIGINT");
    return this.ended();
  }

  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.ended();
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      killIfAlive(this.#child.pid, signal);
    }
  }
}
