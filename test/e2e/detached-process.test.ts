import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { installVSCode, PROJECT_ROOT } from "../support/vscode/install-vscode.ts";
import { VSCodeServer } from "../support/vscode/vscode-server.ts";
import { Workbench } from "../support/vscode/workbench.ts";

const runFile = promisify(execFile);

const VSCE = path.join(PROJECT_ROOT, "node_modules", "@vscode", "vsce", "vsce");
const ITEM = "palyra-test.detaching-extension.pids";
const EXTENSION = path.join(PROJECT_ROOT, "test", "support", "vscode", "detaching-extension");

/** The assumption that the whole supervisor rests on, tried with an extension that does nothing else. */
describe("A process that an extension starts detached", () => {
  let folder: string;
  let server: VSCodeServer;
  let window: Workbench;
  let childPid: number;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "palyra-detached-"));
    const vsix = path.join(folder, "detaching-extension.vsix");
    await runFile(
      process.execPath,
      [VSCE, "package", "--allow-missing-repository", "--skip-license", "--out", vsix],
      {
        cwd: EXTENSION,
      },
    );
    server = await VSCodeServer.start({
      vscode: await installVSCode({ progress: console.log }),
      vsixFiles: [vsix],
      environment: { DETACHING_EXTENSION_FOLDER: folder },
    });
    window = await Workbench.open({ server });
    childPid = (await pids(/child/)).child;
  });

  after(async () => {
    await window?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function pids(text: RegExp): Promise<{ child: number; host: number }> {
    const shown = await window.statusBarItem(ITEM, text);
    const [child, host] = [...shown.matchAll(/\d+/g)].map(([digits]) => Number(digits));
    assert.ok(child && host, shown);
    return { child, host };
  }

  /** Waits for a host other than the one that was there, and returns the process it found. */
  async function childOfNextHost(previousHost: number): Promise<number> {
    return (await pids(new RegExp(`child \\d+ host (?!${previousHost}$)`))).child;
  }

  it("outlives a window reload, and the next extension host connects to the same process", async () => {
    const { host } = await pids(/child/);
    await window.reload();
    assert.equal(await childOfNextHost(host), childPid);
  });

  it("outlives a SIGKILL of the extension host, which VS Code starts again by itself", async () => {
    const { host } = await pids(/child/);
    await server.killExtensionHosts();
    assert.equal(await childOfNextHost(host), childPid);
  });

  it("outlives its window, and a window that opens later connects to the same process", async () => {
    const { host } = await pids(/child/);
    await window.close();
    window = await Workbench.open({ server });
    assert.equal(await childOfNextHost(host), childPid);
  });

  it("outlives a browser that dies without a goodbye", async () => {
    const { host } = await pids(/child/);
    await window.crash();
    window = await Workbench.open({ server });
    assert.equal(await childOfNextHost(host), childPid);
  });

  it("got its secret on stdin, and no signal from VS Code in all of this", async () => {
    const log = await readFile(path.join(folder, "child.log"), "utf8");
    assert.equal(log, 'stdin {"token":"handed over on stdin"}\n');
  });

  it("is ended by the test's own clean-up, with everything else that the server started", async () => {
    const before = await server.processes();
    const child = before.find(({ pid }) => pid === childPid);
    assert.ok(child, "the process is running");
    assert.ok(!before.some(({ pid }) => pid === child.parentPid), "its parent has long gone");
    await window.close();
    await server.stop();
    assert.deepEqual(await server.processes(), []);
  });
});
