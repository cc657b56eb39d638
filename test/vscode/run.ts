import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import "../support/exit-on-signals.ts";
import { TestProgress } from "../support/test-progress.ts";
import { installVSCode, PROJECT_ROOT } from "../support/vscode/install-vscode.ts";
import { VSCodeServer } from "../support/vscode/vscode-server.ts";
import { Workbench } from "../support/vscode/workbench.ts";
import { EXPECTED_VERSION_VARIABLE } from "./expected-version.ts";
import { openReportChannel, REPORT_PORT_VARIABLE } from "./report-channel.ts";

const RUN_DEADLINE_MS = 10 * 60_000;
const TESTS = path.join(PROJECT_ROOT, "dist", "test", "vscode.cjs");
const EXTENSION = path.join(PROJECT_ROOT, "dist", "extension.cjs");

process.exitCode = await runInsideVSCode();

/** Runs the tests of this folder inside a real extension host; returns the exit code. */
async function runInsideVSCode(): Promise<number> {
  for (const file of [EXTENSION, TESTS]) {
    if (!existsSync(file)) {
      console.log(`There is no ${path.relative(PROJECT_ROOT, file)}. Next step: npm run build`);
      return 1;
    }
  }
  const vscode = await installVSCode({ progress: (line) => console.log(`  ${line}`) });
  console.log(`  VS Code ${vscode.version} from ${path.relative(PROJECT_ROOT, vscode.folder)}`);
  const progress = new TestProgress();
  const channel = await openReportChannel((event) => progress.accept(event));
  const folder = await mkdtemp(path.join(tmpdir(), "palyra-workspace-"));
  const server = await VSCodeServer.start({
    vscode,
    environment: {
      [REPORT_PORT_VARIABLE]: String(channel.port),
      [EXPECTED_VERSION_VARIABLE]: vscode.version,
    },
  });
  try {
    let exit: (code: number) => void = () => undefined;
    const exited = new Promise<number>((resolve) => {
      exit = resolve;
    });
    const workbench = await Workbench.open({
      server,
      onTestsExit: exit,
      target: { folder, extensionDevelopmentPath: PROJECT_ROOT, extensionTestsPath: TESTS },
    });
    try {
      await firstOrDeadline([channel.ended, exited]);
    } finally {
      explainAbort(progress, server, workbench);
      await workbench.close();
    }
  } finally {
    await server.stop();
    channel.close();
    await rm(folder, { recursive: true, force: true });
  }
  progress.writeSummary();
  const { passed, failed, finished } = progress.summary();
  if (!finished) {
    console.log("  The extension host ended before the last test, which counts as a failure.");
  }
  console.log(`${passed} passed, ${failed + (finished ? 0 : 1)} failed`);
  return finished && failed === 0 && passed > 0 ? 0 : 1;
}

async function firstOrDeadline(endings: readonly Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, RUN_DEADLINE_MS);
  });
  await Promise.race([...endings, deadline]);
  clearTimeout(timer);
}

function explainAbort(progress: TestProgress, server: VSCodeServer, workbench: Workbench): void {
  if (!progress.summary().finished) {
    console.log("  The tests did not come to their end. The server's last words:");
    console.log(server.output.join("").slice(-2_000));
    console.log("  The window's last errors:");
    console.log(workbench.consoleErrors.slice(-5).join("\n").slice(-2_000));
  }
}
