import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import writeFileAtomic from "write-file-atomic";
import { isAlive } from "./marked-processes.ts";

/** The registry package that carries a whole VS Code, at the version the tests are written for. */
export const VSCODE_PACKAGE = { name: "code-server", version: "4.139.1" } as const;

/** Names an unpacked VS Code server (the folder with `out/server-main.js`) to use instead of the registry's. */
export const VSCODE_FOLDER_VARIABLE = "PALYRA_TEST_VSCODE";

/** The root folder of the project. */
export const PROJECT_ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const LOG_WRITER = fileURLToPath(new URL("spdlog-in-javascript.cjs", import.meta.url));
const SERVER_ENTRY = path.join("out", "server-main.js");
const COMPLETE_MARKER = "complete.json";
const STAGING_PREFIX = "installing-";
const INSTALL_DEADLINE_MS = 10 * 60_000;
const PROGRESS_EVERY_MS = 2_000;
const REGISTRY_UNREACHABLE =
  /E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|HOSTUNREACH|NETUNREACH)|ERR_SOCKET_TIMEOUT|FETCH_ERROR/;

/** A VS Code server on disk. */
export interface InstalledVSCode {
  /** Folder with `out/server-main.js`. */
  readonly folder: string;
  /** Version of VS Code itself, such as `1.139.1`. */
  readonly version: string;
}

export interface InstallOptions {
  /** Where installations are kept; default `.cache/vscode` in the project. */
  readonly cacheFolder?: string;
  /** Receives one line per step, and one each 2 s while a step lasts. */
  readonly progress?: (line: string) => void;
  readonly environment?: NodeJS.ProcessEnv;
  /** Gives up the installation. */
  readonly signal?: AbortSignal;
}

/**
 * Returns a VS Code server, installing it from the package registry when it is not in the cache. It is built in a
 * folder of its own and renamed into place, so a half-done installation is never used and two runs cannot collide.
 *
 * @throws Error with a next step when the registry does not answer, or the named folder holds no VS Code.
 */
export async function installVSCode(options: InstallOptions = {}): Promise<InstalledVSCode> {
  const environment = options.environment ?? process.env;
  const named = environment[VSCODE_FOLDER_VARIABLE];
  if (named) {
    return describe(path.resolve(named), `${VSCODE_FOLDER_VARIABLE} names`);
  }
  const cacheFolder = options.cacheFolder ?? path.join(PROJECT_ROOT, ".cache", "vscode");
  const progress = options.progress ?? (() => undefined);
  const finished = path.join(cacheFolder, `${VSCODE_PACKAGE.name}-${VSCODE_PACKAGE.version}`);
  if (!existsSync(path.join(finished, COMPLETE_MARKER))) {
    await mkdir(cacheFolder, { recursive: true });
    await removeAbandoned(cacheFolder);
    const staging = path.join(
      cacheFolder,
      `${STAGING_PREFIX}${process.pid}-${randomBytes(4).toString("hex")}`,
    );
    try {
      await build(staging, { environment, progress, signal: options.signal });
      await moveIntoPlace(staging, finished);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }
  await placeLogWriter(serverFolder(finished));
  return describe(serverFolder(finished), "the cache holds");
}

/** Gives VS Code a log writer that runs without native code, unless it has this one already. */
async function placeLogWriter(server: string): Promise<void> {
  const file = path.join(server, "node_modules", "@vscode", "spdlog", "index.js");
  const writer = await readFile(LOG_WRITER, "utf8");
  if (existsSync(file) && (await readFile(file, "utf8")) === writer) {
    return;
  }
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomic(file, writer);
}

function serverFolder(installation: string): string {
  return path.join(installation, "node_modules", VSCODE_PACKAGE.name, "lib", "vscode");
}

async function describe(folder: string, origin: string): Promise<InstalledVSCode> {
  if (!existsSync(path.join(folder, SERVER_ENTRY))) {
    throw new Error(
      `${origin} ${folder}, but there is no ${SERVER_ENTRY} in it. ` +
        `Next step: unset ${VSCODE_FOLDER_VARIABLE}, or delete .cache/vscode, and run again.`,
    );
  }
  const product: unknown = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  if (typeof product !== "object" || product === null || !("version" in product)) {
    throw new Error(`${folder}/package.json does not name a version`);
  }
  return { folder, version: String(product.version) };
}

interface Npm {
  readonly environment: NodeJS.ProcessEnv;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

async function build(staging: string, context: Npm): Promise<void> {
  await mkdir(staging);
  await writeFile(path.join(staging, "package.json"), JSON.stringify({ private: true }));
  const spec = `${VSCODE_PACKAGE.name}@${VSCODE_PACKAGE.version}`;
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await npm(context, staging, ["install", ...quiet, spec], `install ${spec}`);
  const libraries = ["install", "--omit=dev", ...quiet];
  await npm(context, serverFolder(staging), libraries, `install the libraries of ${spec}`);
  await writeFile(path.join(staging, COMPLETE_MARKER), JSON.stringify({ spec }));
}

async function moveIntoPlace(staging: string, finished: string): Promise<void> {
  if (existsSync(finished) && !existsSync(path.join(finished, COMPLETE_MARKER))) {
    await rm(finished, { recursive: true, force: true });
  }
  try {
    await rename(staging, finished);
  } catch (error) {
    // Another run was faster; its installation is as good as ours.
    if (!existsSync(path.join(finished, COMPLETE_MARKER))) {
      throw error;
    }
  }
}

async function removeAbandoned(cacheFolder: string): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    const pid = Number(
      name.startsWith(STAGING_PREFIX) ? name.slice(STAGING_PREFIX.length).split("-")[0] : Number.NaN,
    );
    if (Number.isInteger(pid) && !isAlive(pid)) {
      await rm(path.join(cacheFolder, name), { recursive: true, force: true });
    }
  }
}

async function npm(context: Npm, cwd: string, args: readonly string[], what: string): Promise<void> {
  const { environment, progress, signal } = context;
  const startedAt = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  const npmScript = environment.npm_execpath;
  const viaScript = npmScript !== undefined && /npm-cli\.c?js$/.test(npmScript);
  const [command, commandArgs] = viaScript ? [process.execPath, [npmScript, ...args]] : ["npm", [...args]];
  progress(`${what} ...`);
  const child = spawn(command, commandArgs, {
    cwd,
    env: withoutPackageContext(environment),
    stdio: ["ignore", "ignore", "pipe"],
    shell: !viaScript && process.platform === "win32",
    timeout: INSTALL_DEADLINE_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr = (stderr + chunk).slice(-8_000);
  });
  const ticker = setInterval(() => progress(`${what} ... ${seconds()}`), PROGRESS_EVERY_MS);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code !== 0) {
      throw new Error(explainFailure(what, code, stderr));
    }
  } finally {
    clearInterval(ticker);
  }
  progress(`${what}: done in ${seconds()}`);
}

function explainFailure(what: string, code: number | null, stderr: string): string {
  const alternative = `name an unpacked VS Code server with ${VSCODE_FOLDER_VARIABLE}=/folder/with/out/server-main.js`;
  return REGISTRY_UNREACHABLE.test(stderr)
    ? `Cannot ${what}: the package registry does not answer. Next step: check the network and ` +
        `\`npm config get registry\`, then run again; or ${alternative}.\n${stderr.trim()}`
    : `Cannot ${what}: npm ended with ${code ?? "a timeout"}. Next step: read npm's words below; or ${alternative}.\n${stderr.trim()}`;
}

/** An `npm` inside an `npm run` must not take the outer package for its own. */
function withoutPackageContext(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) =>
        !/^(npm_package_|npm_lifecycle_|npm_config_local_prefix$|INIT_CWD$|NODE_OPTIONS$)/.test(name),
    ),
  );
}
