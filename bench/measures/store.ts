import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { connectorMigrations } from "../../src/connectors/store/connector-schema.ts";
import { DurableDatabase } from "../../src/connectors/store/durable-database.ts";
import { SqliteConnectorStore } from "../../src/connectors/store/sqlite-connector-store.ts";
import { locateStoreAssets } from "../../src/connectors/store/store-assets.ts";
import { WorkerImageBuilder } from "../../src/connectors/store/worker-image-builder.ts";
import type { OutboundMessageRequest } from "../../src/contracts/connector.ts";
import type { BetterSqlite3Outbox } from "../peers/better-sqlite3-outbox.ts";
import { installPeers } from "../peers/install-peers.ts";
import { atMost, atMostTimes, type BenchResult, percentile } from "../result.ts";

const connector = "discord:default";
const writers = 64;

/** Durable enqueue, its cost with many rows, and how long a compaction of a large store stops its writers. */
export async function measure(): Promise<BenchResult[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "palyra-bench-store-"));
  try {
    return [
      ...(await measureEnqueue(path.join(folder, "enqueue"))),
      ...(await measureCompaction(path.join(folder, "compaction"))),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function openDatabase(folder: string, checkpointBytes?: number): Promise<DurableDatabase> {
  const assets = locateStoreAssets(
    new URL("../../src/connectors/store/store-assets.ts", import.meta.url).href,
  );
  return DurableDatabase.open({
    folder,
    migrations: connectorMigrations,
    wasm: await readFile(assets.wasmFile),
    imageBuilder: new WorkerImageBuilder(assets.workerEntry),
    ...(checkpointBytes === undefined ? {} : { checkpointBytes }),
  });
}

let next = 0;

function nextRequest(textLength = 200): OutboundMessageRequest {
  next += 1;
  return {
    connector_id: connector,
    conversation_id: `discord:channel:${next % 500}`,
    envelope_id: `01J${String(next).padStart(23, "0")}`,
    sequence: 0,
    text: "x".repeat(textLength),
    in_reply_to_message_id: null,
    nonce: `n${next}`,
  };
}

function enqueue(store: SqliteConnectorStore, textLength?: number): Promise<boolean> {
  return store.enqueueOutbound(nextRequest(textLength), next);
}

/** Adds rows with all writers at once. Returns rows per second. */
async function enqueueAll(store: SqliteConnectorStore, rows: number, textLength?: number): Promise<number> {
  let left = rows;
  const started = performance.now();
  const writer = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await enqueue(store, textLength);
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return rows / ((performance.now() - started) / 1000);
}

async function measureEnqueue(folder: string): Promise<BenchResult[]> {
  // No compaction: it would take the second core away from whichever part it falls into.
  const store = new SqliteConnectorStore(await openDatabase(folder, Number.MAX_SAFE_INTEGER));
  const peer = await openPeer(path.join(folder, "..", "peer.sqlite"));
  await enqueueAll(store, 1_000);
  if (peer !== null) enqueueOneByOne(peer, 200);
  const rounds: Round[] = [];
  for (let round = 0; round < 5; round += 1) {
    const ours = await enqueueAll(store, 2_000);
    rounds.push({ ours, peers: enqueueOneByOne(peer, 400) });
  }
  peer.close();
  const few = await microsecondsPerRow(folder, store, 1_000);
  const many = await microsecondsPerRow(folder, store, 100_000);
  await store.close();
  return [
    enqueueAgainstPeer(rounds),
    atMostTimes(
      "enqueue at 100,000 stored rows",
      Number(many.toFixed(1)),
      "us",
      { name: "enqueue at 1,000 rows", value: few },
      1.5,
    ),
  ];
}

/** Rows per second in one round. */
interface Round {
  readonly ours: number;
  readonly peers: number;
}

async function openPeer(file: string): Promise<BetterSqlite3Outbox> {
  await installPeers();
  const { BetterSqlite3Outbox } = await import("../peers/better-sqlite3-outbox.ts");
  return new BetterSqlite3Outbox(file);
}

/** Rows per second; the calls of better-sqlite3 are synchronous, so one commit follows the other. */
function enqueueOneByOne(peer: BetterSqlite3Outbox, rows: number): number {
  const started = performance.now();
  for (let row = 0; row < rows; row += 1) peer.enqueue(nextRequest(), next);
  return rows / ((performance.now() - started) / 1000);
}

/** The ratio is the median of those of the rounds: what else the machine does falls on both alike. */
function enqueueAgainstPeer(rounds: readonly Round[]): BenchResult {
  const value = percentile(
    rounds.map(({ ours }) => ours),
    0.5,
  );
  const ratio = percentile(
    rounds.map(({ ours, peers }) => ours / peers),
    0.5,
  );
  return {
    name: `durable enqueue, ${writers} writers`,
    value: Math.round(value),
    unit: "rows/s",
    peer: "better-sqlite3 (WAL, synchronous=FULL)",
    ratio: Number(ratio.toFixed(2)),
    target: ">= 3 x peer",
    ok: ratio >= 3,
  };
}

/** Cost of one enqueue with all writers at work and so many rows stored; the median of several rounds. */
async function microsecondsPerRow(folder: string, warm: SqliteConnectorStore, rows: number): Promise<number> {
  await enqueueAll(warm, 500);
  const store = new SqliteConnectorStore(await openDatabase(`${folder}-${rows}`, Number.MAX_SAFE_INTEGER));
  await enqueueAll(store, rows);
  const costs: number[] = [];
  for (let round = 0; round < 9; round += 1) costs.push(1e6 / (await enqueueAll(store, 500)));
  await store.close();
  return percentile(costs, 0.5);
}

async function measureCompaction(folder: string): Promise<BenchResult[]> {
  const database = await openDatabase(folder, Number.MAX_SAFE_INTEGER);
  const store = new SqliteConnectorStore(database);
  await enqueueAll(store, 50_000, 700);
  await database.checkpoint();
  const rounds: { wait: number; stop: number }[] = [];
  for (let round = 0; round < 3; round += 1) rounds.push(await compactUnderLoad(database, store));
  const megabytes = Math.round(database.imageBytes / 1e6);
  await store.close();
  const openedAt = performance.now();
  const opened = await openDatabase(folder);
  const opening = performance.now() - openedAt;
  await opened.close();
  return [
    atMost(
      `longest wait of a writer while ${megabytes} MB are compacted`,
      median(rounds.map(({ wait }) => wait)),
      "ms",
      50,
    ),
    atMost("longest stop of the event loop meanwhile", median(rounds.map(({ stop }) => stop)), "ms", 50),
    { name: `opening a store of ${megabytes} MB`, value: Math.round(opening), unit: "ms", ok: true },
  ];
}

/** The longest wait of a writer and the longest stop of the event loop (ms) during one compaction. */
async function compactUnderLoad(
  database: DurableDatabase,
  store: SqliteConnectorStore,
): Promise<{ wait: number; stop: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let wait = 0;
  let done = false;
  delay.enable();
  const compaction = database.checkpoint().then(() => {
    done = true;
  });
  while (!done) {
    const started = performance.now();
    await enqueue(store);
    wait = Math.max(wait, performance.now() - started);
  }
  await compaction;
  delay.disable();
  return { wait, stop: delay.max / 1e6 };
}

function median(values: readonly number[]): number {
  return Number(percentile(values, 0.5).toFixed(1));
}
