import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { installVSCode, PROJECT_ROOT } from "../support/vscode/install-vscode.ts";
import { VSCodeServer } from "../support/vscode/vscode-server.ts";
import { Workbench } from "../support/vscode/workbench.ts";

const runFile = promisify(execFile);

const VSCE = path.join(PROJECT_ROOT, "node_modules", "@vscode", "vsce", "vsce");
const STATUS_ITEM = "palyra.palyra-control-center.palyra.status";
const LARGEST_BYTES = 5 * 1024 * 1024;
/** What VS Code reads to activate the extension; everything else is read when it is shown. */
const ACTIVATION_BYTES = 64 * 1024;

describe("The packaged extension", () => {
  let folder: string;
  let vsix: string;
  let server: VSCodeServer;
  let window: Workbench;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "palyra-package-"));
    vsix = path.join(folder, "palyra.vsix");
    await runFile(
      process.execPath,
      [
        VSCE,
        "package",
        "--no-dependencies",
        "--allow-missing-repository",
        "--readme-path",
        "docs/extension-readme.md",
        "--out",
        vsix,
      ],
      { cwd: PROJECT_ROOT },
    );
    server = await VSCodeServer.start({
      vscode: await installVSCode({ progress: console.log }),
      vsixFiles: [vsix],
    });
    window = await Workbench.open({ server });
  });

  after(async () => {
    await window?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("is at most 5 MB and holds neither sources, source maps, tests nor native modules", async () => {
    assert.ok((await stat(vsix)).size <= LARGEST_BYTES);
    const files = await readdir(path.join(server.dataFolder, "extensions"), { recursive: true });
    assert.ok(files.some((file) => file.endsWith("extension.cjs")));
    assert.ok(
      files.some((file) => file.endsWith("discord-sim.mjs")),
      "the simulated Discord is in it",
    );
    assert.deepEqual(
      files.filter((file) => /\.(ts|map|node)$|node_modules|dist.test/.test(file)),
      [],
    );
  });

  it("has VS Code read little before the first item is shown: no library", async () => {
    const code = await readFile(path.join(PROJECT_ROOT, "dist", "extension.cjs"), "utf8");
    assert.ok(Buffer.byteLength(code) <= ACTIVATION_BYTES, `${Buffer.byteLength(code)} bytes`);
    const modules = [...code.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name);
    assert.deepEqual([...new Set(modules)].sort(), ["node:path", "vscode"]);
  });

  it("runs from where VS Code installed it: services up, tree filled, panel shown", async () => {
    await window.statusBarItem(STATUS_ITEM, /Palyra: (Healthy|Degraded)/);
    await window.openViewContainer("Palyra");
    await window.waitForTree("Overview", "both services", (rows) =>
      ["palyrad", "palyra-browserd"].every((name) =>
        rows.some(
          ({ label, description }) => label === name && /^(Running|Degraded) · up /.test(description),
        ),
      ),
    );
    await window.runCommand("Palyra: Open Control Center");
    const panel = await window.webview("palyra-control-center main");
    assert.match(
      await panel.$eval("main", (page) => page.textContent ?? ""),
      /palyrad[\s\S]*palyra-browserd/,
    );
  });
});
