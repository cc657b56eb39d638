import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { installVSCode, PROJECT_ROOT } from "../../test/support/vscode/install-vscode.ts";
import { VSCodeServer } from "../../test/support/vscode/vscode-server.ts";
import { waitUntil } from "../../test/support/vscode/wait-until.ts";
import { Workbench } from "../../test/support/vscode/workbench.ts";
import { atMost, atMostTimes, type BenchResult, percentile } from "../result.ts";

const run = promisify(execFile);
const windows = 5;

/** Activation times (ms) as VS Code itself tells them in “Show Running Extensions”. */
async function activationTimes(workbench: Workbench): Promise<ReadonlyMap<string, number>> {
  // The list shows the slowest first and only what fits: with a tall window all are in it.
  await workbench.page.setViewport({ width: 1200, height: 4000 });
  await workbench.runCommand("Developer: Show Running Extensions");
  return waitUntil("the running extensions to be listed", async () => {
    const rows = await workbench.page.$$eval(".runtime-extensions-editor .extension", (elements) =>
      elements.map((element) => element.textContent ?? ""),
    );
    const times = new Map<string, number>();
    for (const row of rows) {
      const time = /Activation: (\d+)ms/.exec(row)?.[1];
      if (time === undefined) continue;
      if (row.includes("Palyra Control Center")) times.set("palyra", Number(time));
      if (/^Git\d/.test(row.trim())) times.set("git", Number(time));
    }
    return times.has("palyra") && times.has("git") ? times : undefined;
  });
}

/** Activation of the extension beside VS Code's own Git extension, in the same windows. */
export async function measure(): Promise<BenchResult[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "palyra-bench-"));
  const repository = path.join(folder, "repository");
  const vscode = await installVSCode({ progress: (line) => process.stderr.write(`${line}\n`) });
  const server = await VSCodeServer.start({ vscode, extensionFolders: [PROJECT_ROOT] });
  try {
    await mkdir(repository);
    await run("git", ["init", "--quiet"], { cwd: repository });
    await writeFile(path.join(repository, "README.md"), "# Measured\n");
    const palyra: number[] = [];
    const git: number[] = [];
    for (let window = 0; window < windows; window += 1) {
      const workbench = await Workbench.open({ server, target: { folder: repository } });
      try {
        await workbench.statusBarItem("palyra.palyra-control-center.palyra.status");
        const times = await activationTimes(workbench);
        palyra.push(times.get("palyra") ?? Number.NaN);
        git.push(times.get("git") ?? Number.NaN);
      } finally {
        await workbench.close();
      }
    }
    const own = percentile(palyra, 0.5);
    return [
      atMost("activation of the extension, median", own, "ms", 30),
      atMostTimes(
        "activation beside Git's, median",
        own,
        "ms",
        { name: "Git", value: percentile(git, 0.5) },
        0.5,
      ),
    ];
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
