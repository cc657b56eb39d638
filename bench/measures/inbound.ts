import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { ulid } from "ulid";
import type { ConnectorStore } from "../../src/connectors/connector-store.ts";
import { ConnectorSupervisor } from "../../src/connectors/connector-supervisor.ts";
import { EchoAdapter } from "../../src/connectors/echo/echo-adapter.ts";
import { PairingDesk } from "../../src/connectors/router/pairing/pairing-desk.ts";
import { compileRuleSet } from "../../src/connectors/router/rule-set.ts";
import { connectorMigrations } from "../../src/connectors/store/connector-schema.ts";
import { DurableDatabase } from "../../src/connectors/store/durable-database.ts";
import { SqliteConnectorStore } from "../../src/connectors/store/sqlite-connector-store.ts";
import { locateStoreAssets } from "../../src/connectors/store/store-assets.ts";
import { WorkerImageBuilder } from "../../src/connectors/store/worker-image-builder.ts";
import type { InboundMessageEvent } from "../../src/contracts/connector.ts";
import { RouterConfig } from "../../src/contracts/router-config.ts";
import { type BenchResult, percentile } from "../result.ts";

const messages = 500;
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * From an event that is durable to the durable outbox row of its answer: routing, the echo agent and both
 * commits, without a provider's wire. Beside it the disk's own price: one synced append of the same size.
 */
export async function measure(): Promise<BenchResult[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "palyra-bench-inbound-"));
  try {
    const way = percentile(await answerAll(path.join(folder, "store")), 0.5);
    const sync = percentile(await appendAll(path.join(folder, "appended")), 0.5);
    return [
      {
        name: "accepted event to outbox row (echo), median",
        value: Number(way.toFixed(2)),
        unit: "ms",
        peer: "one synced append",
        ratio: Number((way / sync).toFixed(2)),
        target: "<= 3 ms",
        ok: way <= 3,
      },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Milliseconds of each message, one after the other. */
async function answerAll(folder: string): Promise<number[]> {
  const store = await openStore(folder);
  const answered = new Map<string, () => void>();
  const rules = compileRuleSet({
    router: RouterConfig.parse({ default_channel_enabled: true, default_direct_message_policy: "allow" }),
    accounts: {},
  });
  const adapters: EchoAdapter[] = [];
  const supervisor = new ConnectorSupervisor({
    store: watchAnswers(store, (envelopeId) => answered.get(envelopeId)?.()),
    log: silent,
    rules: () => rules,
    pairing: new PairingDesk({ store: store.pairing, rules: () => rules }),
    turn: async (event) => [{ text: event.body, in_reply_to_message_id: null }],
    secret: async () => "",
    changed: () => undefined,
    storeFault: (thrown) => {
      throw thrown;
    },
  });
  await supervisor.apply([
    {
      connectorId: "echo:default",
      kind: "echo",
      enabled: true,
      tokenRef: "none",
      egressAllowlist: [],
      connectionKey: "1",
      createAdapter: (host) => {
        const adapter = new EchoAdapter(host);
        adapters.push(adapter);
        return adapter;
      },
    },
  ]);
  const [echo] = adapters;
  if (echo === undefined) throw new Error("the connector was not started");
  const times: number[] = [];
  for (let number = 0; number < messages; number += 1) {
    const event = directMessage(number);
    const answer = new Promise<void>((resolve) => answered.set(event.envelope_id, resolve));
    await echo.say(event);
    const accepted = performance.now();
    await answer;
    times.push(performance.now() - accepted);
    answered.delete(event.envelope_id);
  }
  await supervisor.stop(1_000);
  await store.close();
  return times;
}

async function openStore(folder: string): Promise<SqliteConnectorStore> {
  const assets = locateStoreAssets(
    new URL("../../src/connectors/store/store-assets.ts", import.meta.url).href,
  );
  const database = await DurableDatabase.open({
    folder,
    migrations: connectorMigrations,
    wasm: await readFile(assets.wasmFile),
    imageBuilder: new WorkerImageBuilder(assets.workerEntry),
  });
  return new SqliteConnectorStore(database);
}

/** The same store, which tells when an answer is durable. */
function watchAnswers(store: SqliteConnectorStore, answered: (envelopeId: string) => void): ConnectorStore {
  const completeInbound: ConnectorStore["completeInbound"] = async (envelopeId, ...rest) => {
    await store.completeInbound(envelopeId, ...rest);
    answered(envelopeId);
  };
  return new Proxy<ConnectorStore>(store, {
    get: (target, name) => {
      if (name === "completeInbound") return completeInbound;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

function directMessage(number: number): InboundMessageEvent {
  return {
    envelope_id: ulid(),
    connector_id: "echo:default",
    provider_message_id: `message-${number}`,
    conversation_id: `echo:dm:${number % 20}`,
    parent_conversation_id: null,
    guild_id: null,
    sender_id: "echo:user:1",
    sender_display: "Ada",
    sender_roles: [],
    body: `message ${number}`,
    is_direct_message: true,
    mentions_bot: false,
    attachments: [],
    sent_at_unix_ms: Date.now(),
    received_at_unix_ms: Date.now(),
  };
}

/** Milliseconds of each synced append of a kilobyte. */
async function appendAll(file: string): Promise<number[]> {
  const handle = await open(file, "a");
  const line = Buffer.alloc(1_024, "x");
  const times: number[] = [];
  for (let number = 0; number < messages; number += 1) {
    const started = performance.now();
    await handle.write(line);
    await handle.datasync();
    times.push(performance.now() - started);
  }
  await handle.close();
  return times;
}
