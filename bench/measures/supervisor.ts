import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { build } from "esbuild";
import type { LogLine } from "../../src/contracts/services.ts";
import type { ControlCenterSnapshot } from "../../src/contracts/snapshot.ts";
import { ControlCenter } from "../../src/supervisor/control-center.ts";
import { LogBook } from "../../src/supervisor/log-book.ts";
import { buildSnapshot } from "../../src/supervisor/snapshot.ts";
import { startUnderPm2 } from "../peers/pm2.ts";
import { atMost, atMostTimes, type BenchResult, percentile } from "../result.ts";
import { smallServerOptions } from "../small-server-center.ts";
import { busySnapshotInputs } from "../snapshot-inputs.ts";

const crashes = 15;
const adoptions = 5;
const takeOvers = 3;
/** PM2 counts a program that ran for less than a second as unstable; so long each run lasts at least. */
const stableMs = 1_200;
const pollMs = 2;
const giveUpMs = 20_000;

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** How quick the supervision is, and what it costs. */
export async function measure(): Promise<BenchResult[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "palyra-bench-supervisor-"));
  try {
    const bundle = path.join(folder, "small-server.mjs");
    await bundleSmallServer(bundle);
    // In turns, so that a busy moment of the machine meets both.
    const pm2Port = await freePort();
    const pm2 = await startUnderPm2(bundle, { SMALL_SERVER_PORT: String(pm2Port) });
    const ourPort = await freePort();
    const center = await ControlCenter.open(smallServerOptions(path.join(folder, "crash"), bundle, ourPort));
    const ours: number[] = [];
    const theirs: number[] = [];
    try {
      for (let round = 0; round < crashes; round += 1) {
        // A crash right after a crash is delayed on purpose; a clean slate measures the first restart.
        await center.restart("gateway");
        await answer(pm2Port, null);
        await after(stableMs);
        theirs.push(await crash(pm2Port));
        ours.push(await crash(ourPort));
      }
    } finally {
      await pm2.stop();
      await center.stop();
      await center.dispose();
    }
    const rounded = (value: number): number => Math.round(value * 10) / 10;
    const median = (samples: readonly number[]): number => rounded(percentile(samples, 0.5));
    return [
      atMostTimes(
        "small server: kill -9 to answering, median",
        median(ours),
        "ms",
        { name: `PM2 (${median(theirs)} ms)`, value: median(theirs) },
        1,
      ),
      atMost("reopened: running sidecar adopted, median", median(await adopt(folder, bundle)), "ms", 1_000),
      atMost(
        "owner killed: lease taken over, slowest",
        rounded(Math.max(...(await takeOver(folder, bundle)))),
        "ms",
        2_000,
      ),
      atMost(
        "snapshot of 20 connectors and 800 log lines, p99",
        rounded(percentile(snapshots(), 0.99)),
        "ms",
        1,
      ),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function bundleSmallServer(outfile: string): Promise<void> {
  await build({
    entryPoints: [path.join(import.meta.dirname, "..", "programs", "small-server.ts")],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node22",
    format: "esm",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
}

/** Kills who answers on the port. @returns milliseconds until another process answers there */
async function crash(port: number): Promise<number> {
  const before = await answer(port, null);
  const killed = performance.now();
  process.kill(before, "SIGKILL");
  await answer(port, before);
  return performance.now() - killed;
}

/** Waits for an answer on a port. @returns the pid of who answered, which is not `except` */
async function answer(port: number, except: number | null): Promise<number> {
  const until = performance.now() + giveUpMs;
  for (;;) {
    const pid = await ask(port);
    if (pid !== null && pid !== except) return pid;
    if (performance.now() > until) throw new Error(`nobody answers on port ${port}`);
    await after(pollMs);
  }
}

function ask(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const request = http.get({ host: "127.0.0.1", port, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on("end", () => resolve(Number(text)));
      response.on("error", () => resolve(null));
    });
    // Refused while nobody listens: that is what is being waited for.
    request.on("error", () => resolve(null));
  });
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const gatewayOf = ({ services }: ControlCenterSnapshot) =>
  services.find(({ service }) => service === "gateway");

/** Resolves when the control center owns a running gateway. */
function owning(center: ControlCenter): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (snapshot: ControlCenterSnapshot): void => {
      if (snapshot.quick_facts.role !== "owner" || gatewayOf(snapshot)?.state !== "running") return;
      clearTimeout(deadline);
      subscription.dispose();
      resolve();
    };
    const deadline = setTimeout(() => reject(new Error("the gateway is not owned")), giveUpMs);
    const subscription = center.onSnapshot(look);
    look(center.snapshot);
  });
}

async function adopt(folder: string, bundle: string): Promise<number[]> {
  const options = smallServerOptions(path.join(folder, "adopt"), bundle, null);
  let center = await ControlCenter.open(options);
  try {
    await owning(center);
    const { pid } = gatewayOf(center.snapshot) ?? {};
    const samples: number[] = [];
    for (let round = 0; round < adoptions; round += 1) {
      await center.dispose();
      const opened = performance.now();
      center = await ControlCenter.open(options);
      await owning(center);
      samples.push(performance.now() - opened);
      if (gatewayOf(center.snapshot)?.pid !== pid) throw new Error("the sidecar was not adopted");
    }
    return samples;
  } finally {
    await center.stop();
    await center.dispose();
  }
}

async function takeOver(folder: string, bundle: string): Promise<number[]> {
  const samples: number[] = [];
  for (let round = 0; round < takeOvers; round += 1) {
    const root = path.join(folder, `lease-${round}`);
    const program = path.join(import.meta.dirname, "..", "programs", "owner-host.ts");
    const owner = spawn(process.execPath, [program, root, bundle], { stdio: ["ignore", "pipe", "inherit"] });
    if (owner.stdout === null) throw new Error("no standard output");
    await once(owner.stdout, "data");
    const center = await ControlCenter.open(smallServerOptions(root, bundle, null));
    try {
      if (center.role !== "observer") throw new Error("the first process does not own the state root");
      const killed = performance.now();
      owner.kill("SIGKILL");
      await owning(center);
      samples.push(performance.now() - killed);
    } finally {
      await center.stop();
      await center.dispose();
    }
  }
  return samples;
}

/** Times of building a snapshot together with the window of log lines beside it, in milliseconds. */
function snapshots(): number[] {
  const book = new LogBook();
  const line = (service: "gateway" | "browserd", index: number): LogLine => ({
    unix_ms: index,
    service,
    stream: "stdout",
    level: "info",
    line: `line ${index} of ${service} with some words in it`,
  });
  for (let index = 0; index < 400; index += 1)
    book.add([line("gateway", index), line("browserd", index)], false);
  const inputs = busySnapshotInputs();
  const samples: number[] = [];
  for (let round = 0; round < 5_000; round += 1) {
    const began = performance.now();
    const snapshot = buildSnapshot({ ...inputs, revision: round });
    const lines = book.recent(undefined);
    samples.push(performance.now() - began);
    if (snapshot.revision !== round || lines.length !== 800)
      throw new Error("not the snapshot that was asked for");
  }
  return samples;
}
