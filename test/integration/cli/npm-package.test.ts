import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { CommandRun } from "../../support/cli/run-command.ts";

const runFile = promisify(execFile);
const root = path.resolve(import.meta.dirname, "../../..");

describe("The package that npx runs", function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "palyra-npm-"));
    await runFile("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root });
    const [archive] = await readdir(folder);
    await runFile("tar", ["-xzf", archive ?? "", "-C", folder], { cwd: folder });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("holds the command and what it starts, and neither sources, tests nor source maps", async () => {
    const files = await readdir(path.join(folder, "package"), { recursive: true });
    for (const name of ["palyra", "palyrad", "palyra-browserd", "discord-sim", "store-worker"]) {
      assert.ok(files.includes(path.join("dist", `${name}.mjs`)), name);
    }
    assert.ok(files.includes(path.join("dist", "simulator-web", "index.html")));
    assert.deepEqual(
      files.filter((file) => /\.(?:ts|map)$|^(?:src|test|node_modules)\b/.test(file)),
      [],
    );
  });

  it("works through the link that npm makes for the command, and starts the gateway beside it", async () => {
    const command = path.join(folder, "bin", "palyra");
    await mkdir(path.dirname(command));
    await symlink(path.join(folder, "package", "dist", "palyra.mjs"), command);
    const stateRoot = path.join(folder, "state");
    const run = async (...args: string[]): Promise<CommandRun & { code: number | null }> => {
      const started = new CommandRun(command, ["--state-root", stateRoot, ...args], process.env);
      return Object.assign(started, { code: await started.ended() });
    };
    try {
      const { code, stdout, stderr } = await run("channels", "list", "--start");
      assert.equal(code, 0, stderr);
      assert.match(stdout, /palyra channels add discord/);
    } finally {
      assert.equal((await run("stop")).code, 0);
    }
  });
});
