import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  installVSCode,
  VSCODE_FOLDER_VARIABLE,
  VSCODE_PACKAGE,
} from "../../support/vscode/install-vscode.ts";

/** Stands in for npm: unpacks a server of two files, and notes that it was called. */
const NPM = `
const { appendFileSync, mkdirSync, writeFileSync } = require("node:fs");
appendFileSync(process.env.FAKE_NPM_LOG, process.argv.slice(2).join(" ") + "\\n");
if (process.env.FAKE_NPM_FAILURE) {
  console.error(process.env.FAKE_NPM_FAILURE);
  process.exit(1);
}
if (!process.argv.includes("--omit=dev")) {
  const folder = "node_modules/code-server/lib/vscode";
  mkdirSync(folder + "/out", { recursive: true });
  writeFileSync(folder + "/out/server-main.js", "");
  writeFileSync(folder + "/package.json", '{"version":"1.2.3"}');
}
`;

describe("Installing VS Code for the tests", () => {
  let folder: string;
  let cacheFolder: string;
  let environment: NodeJS.ProcessEnv;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "palyra-install-"));
    cacheFolder = path.join(folder, "cache");
    const npm = path.join(folder, "npm-cli.js");
    await writeFile(npm, NPM);
    environment = { ...process.env, npm_execpath: npm, FAKE_NPM_LOG: path.join(folder, "calls") };
    delete environment[VSCODE_FOLDER_VARIABLE];
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function npmCalls(): Promise<string[]> {
    return (await readFile(path.join(folder, "calls"), "utf8")).trim().split("\n");
  }

  const finished = () => path.join(cacheFolder, `${VSCODE_PACKAGE.name}-${VSCODE_PACKAGE.version}`);

  it("fetches the pinned package without running its scripts, then its libraries, and says so", async () => {
    const lines: string[] = [];
    const { folder: installed, version } = await installVSCode({
      cacheFolder,
      environment,
      progress: (line) => lines.push(line),
    });
    assert.equal(version, "1.2.3");
    assert.ok(installed.startsWith(finished()));
    const [first, second, ...more] = await npmCalls();
    assert.match(first ?? "", /--ignore-scripts .*code-server@4\.139\.1/);
    assert.match(second ?? "", /--omit=dev --ignore-scripts/);
    assert.deepEqual(more, []);
    assert.ok(lines.some((line) => line.includes("done in")));
  });

  it("uses a complete installation again", async () => {
    await installVSCode({ cacheFolder, environment });
    await installVSCode({ cacheFolder, environment });
    assert.equal((await npmCalls()).length, 2);
  });

  it("does a half-done installation again", async () => {
    await mkdir(path.join(finished(), "node_modules"), { recursive: true });
    assert.equal((await installVSCode({ cacheFolder, environment })).version, "1.2.3");
  });

  it("clears away what a killed run left behind", async () => {
    const abandoned = path.join(cacheFolder, "installing-999999999-abcd");
    await mkdir(abandoned, { recursive: true });
    await installVSCode({ cacheFolder, environment });
    assert.deepEqual(await readdir(cacheFolder), [path.basename(finished())]);
  });

  it("lets two runs install at once", async () => {
    const both = await Promise.all([
      installVSCode({ cacheFolder, environment }),
      installVSCode({ cacheFolder, environment }),
    ]);
    assert.deepEqual(both[0], both[1]);
    assert.deepEqual(await readdir(cacheFolder), [path.basename(finished())]);
  });

  it("says what to do when the registry does not answer, and leaves nothing behind", async () => {
    environment.FAKE_NPM_FAILURE = "npm error code ENOTFOUND";
    await assert.rejects(
      installVSCode({ cacheFolder, environment }),
      /registry does not answer\. Next step: .*PALYRA_TEST_VSCODE=/,
    );
    assert.deepEqual(await readdir(cacheFolder), []);
  });

  it("shows npm's own words for any other failure", async () => {
    environment.FAKE_NPM_FAILURE = "npm error code ENOSPC";
    await assert.rejects(installVSCode({ cacheFolder, environment }), /npm ended with 1\.[\s\S]*ENOSPC/);
  });

  it("takes the VS Code that the environment names", async () => {
    const { folder: installed } = await installVSCode({ cacheFolder, environment });
    const named = { ...environment, [VSCODE_FOLDER_VARIABLE]: installed };
    assert.equal((await installVSCode({ cacheFolder: folder, environment: named })).folder, installed);
  });

  it("refuses a named folder that holds no VS Code, and says what to do", async () => {
    const named = { ...environment, [VSCODE_FOLDER_VARIABLE]: folder };
    await assert.rejects(
      installVSCode({ cacheFolder, environment: named }),
      /no out.server-main\.js in it\. Next step/,
    );
  });

  it("gives VS Code a log writer without native code, also when it was installed before there was one", async () => {
    const { folder: installed } = await installVSCode({ cacheFolder, environment });
    const writer = path.join(installed, "node_modules", "@vscode", "spdlog", "index.js");
    await rm(writer);
    await installVSCode({ cacheFolder, environment });
    assert.match(await readFile(writer, "utf8"), /createAsyncRotatingLogger/);
  });
});
