import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { OutboxRow } from "../../src/connectors/connector-store.ts";
import { connectorMigrations } from "../../src/connectors/store/connector-schema.ts";
import { DurableDatabase } from "../../src/connectors/store/durable-database.ts";
import { SqliteConnectorStore } from "../../src/connectors/store/sqlite-connector-store.ts";
import { locateStoreAssets } from "../../src/connectors/store/store-assets.ts";
import { WorkerImageBuilder } from "../../src/connectors/store/worker-image-builder.ts";
import type { InboundMessageEvent } from "../../src/contracts/connector.ts";

const connector = "discord:default";
const startedAt = 1_700_000_000_000;
/** Simulated length of one step: its messages come in together, in milliseconds. */
const stepMs = 1_000;
const leaseMs = 120_000;

export interface SoakOptions {
  readonly folder: string;
  /** Simulated time. */
  readonly minutes: number;
  readonly messagesPerSecond: number;
  /** How many times the figures are taken, evenly spread. */
  readonly samples: number;
  readonly checkpointBytes?: number;
}

export interface SoakSample {
  readonly minute: number;
  /** What JavaScript and SQLite hold after a compaction and a garbage collection, in bytes. */
  readonly memoryBytes: number;
  readonly rows: number;
  readonly rowsByTable: Readonly<Record<string, number>>;
  readonly fileBytes: number;
}

export interface SoakReport {
  readonly messages: number;
  readonly answered: number;
  readonly duplicates: number;
  readonly deadLettered: number;
  /** Rows that should be finished and are not. */
  readonly left: number;
  readonly seconds: number;
  readonly samples: readonly SoakSample[];
}

/**
 * Puts the traffic of a busy connector through a store on the disk: repeated messages, talk that is not for the
 * bot, answers in several parts, retries, dead letters, events. The clock of the store runs as fast as the work is
 * done; the work itself is not shortened.
 */
export async function soakStore(options: SoakOptions): Promise<SoakReport> {
  const assets = locateStoreAssets(import.meta.url);
  const database = await DurableDatabase.open({
    folder: options.folder,
    migrations: connectorMigrations,
    wasm: await readFile(assets.wasmFile),
    imageBuilder: new WorkerImageBuilder(assets.workerEntry),
    ...(options.checkpointBytes === undefined ? {} : { checkpointBytes: options.checkpointBytes }),
  });
  const traffic = new Traffic(new SqliteConnectorStore(database), options.messagesPerSecond);
  const samples: SoakSample[] = [];
  const began = performance.now();
  const steps = Math.round((options.minutes * 60_000) / stepMs);
  for (let step = 1; step <= steps; step += 1) {
    await traffic.step(startedAt + step * stepMs);
    if (step % Math.max(1, Math.floor(steps / options.samples)) === 0) {
      samples.push(await sample(database, options.folder, (step * stepMs) / 60_000));
    }
  }
  const report = await traffic.finish(startedAt + (steps + 3_600) * stepMs);
  const seconds = (performance.now() - began) / 1_000;
  await traffic.store.close();
  return { ...report, seconds, samples };
}

class Traffic {
  readonly store: SqliteConnectorStore;
  readonly #perStep: number;
  #next = 0;

  constructor(store: SqliteConnectorStore, perSecond: number) {
    this.store = store;
    this.#perStep = Math.round((perSecond * stepMs) / 1_000);
  }

  async step(now: number): Promise<void> {
    await Promise.all(Array.from({ length: this.#perStep }, () => this.#accept(now)));
    await this.#work(now);
  }

  /** Works off what waits for a retry. */
  async finish(now: number): Promise<Omit<SoakReport, "seconds" | "samples">> {
    for (let round = 0; round < 200; round += 1) await this.#work(now + round * leaseMs);
    const { inbox_pending, outbox_pending } = await this.store.queueDepth(connector);
    const { received, duplicates, answered, deadLettered } = await this.store.metrics.of(connector);
    return { messages: received, duplicates, answered, deadLettered, left: inbox_pending + outbox_pending };
  }

  async #work(now: number): Promise<void> {
    for (;;) {
      const events = await this.store.claimInbound(connector, now, 64);
      await Promise.all(events.map(({ event }) => this.#route(event, now)));
      const rows = await this.store.claimOutbound(connector, now, leaseMs, 64);
      await Promise.all(rows.map((row) => this.#send(row, now)));
      if (events.length + rows.length === 0) return;
    }
  }

  async #accept(now: number): Promise<void> {
    this.#next += 1;
    const n = this.#next;
    const event = eventOf(n, now);
    const session = { sessionId: "s", sequence: n, resumeUrl: "wss://resume.example", details: {} };
    await this.store.acceptInbound(event, session, now);
    if (n % 50 === 0) await this.store.acceptInbound(event, session, now);
    await this.#tell("inbound.received", n, now);
  }

  async #route(event: InboundMessageEvent, now: number): Promise<void> {
    const n = Number(event.envelope_id.slice(3));
    if (n % 3 === 0) return this.store.ignoreInbound(event.envelope_id, "mention_required", now);
    const replies = Array.from({ length: n % 10 === 1 ? 3 : 1 }, (_, sequence) => ({
      connector_id: connector,
      conversation_id: event.conversation_id,
      envelope_id: event.envelope_id,
      sequence,
      text: "y".repeat(300),
      in_reply_to_message_id: event.provider_message_id,
      nonce: `n${n}.${sequence}`,
    }));
    await this.store.completeInbound(event.envelope_id, replies, now);
  }

  async #send(row: OutboxRow, now: number): Promise<void> {
    const n = Number(row.request.envelope_id.slice(3));
    if (n % 200 === 1) {
      await this.store.moveToDeadLetter(row.outboxId, row.claim, "unknown channel", now);
      await this.#tell("outbox.dead_letter", n, now);
    } else if (n % 40 === 2 && row.attempts === 0) {
      const retry = { counted: true, reason: "timeout", nextAttemptAt: now + 1_500 };
      await this.store.scheduleRetry(row.outboxId, row.claim, retry, now);
    } else {
      await this.store.markDelivered(row.outboxId, row.claim, String(n), now);
    }
  }

  #tell(type: string, n: number, now: number): Promise<void> {
    const details = { envelope: `01J${n}` };
    return this.store.events.append(
      { connectorId: connector, type, level: "info", message: "a message", details },
      now,
    );
  }
}

function eventOf(n: number, now: number): InboundMessageEvent {
  return {
    envelope_id: `01J${String(n).padStart(23, "0")}`,
    connector_id: connector,
    provider_message_id: String(1_000_000_000 + n),
    conversation_id: `discord:channel:${n % 97}`,
    parent_conversation_id: null,
    guild_id: "77",
    sender_id: `discord:user:${n % 1_000}`,
    sender_display: "Ada",
    sender_roles: [],
    body: "x".repeat(120),
    is_direct_message: false,
    mentions_bot: true,
    attachments: [],
    sent_at_unix_ms: now,
    received_at_unix_ms: now,
  };
}

async function sample(database: DurableDatabase, folder: string, minute: number): Promise<SoakSample> {
  // A compaction in progress holds copies of the files; what it holds is no part of the figures.
  await database.checkpoint();
  const tables = database
    .read("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .map(({ name }) => String(name));
  const rowsByTable = Object.fromEntries(
    tables.map((table) => [table, Number(database.read(`SELECT COUNT(*) AS n FROM ${table}`)[0]?.n)]),
  );
  const rows = Object.values(rowsByTable).reduce((sum, n) => sum + n, 0);
  let fileBytes = 0;
  for (const name of await readdir(folder)) fileBytes += await sizeOf(path.join(folder, name));
  return { minute, memoryBytes: await memoryInUse(), rows, rowsByTable, fileBytes };
}

/** Zero for a file that a compaction has removed meanwhile. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}

async function memoryInUse(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // What the first round lets go of, buffers handed to other threads among it, goes in the second.
  for (let round = 0; round < 2; round += 1) {
    collect();
    await new Promise(setImmediate);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
