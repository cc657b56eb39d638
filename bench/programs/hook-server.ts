// A server of the webhook measure: `bare` is a Fastify route that reads the raw JSON body, `verified` the gateway's ingress up to the
// verdict, `hooks` the same with its store, `effects` the same with a message into the outbox for every delivery. Tells its port, and
// on each line of standard input the CPU time it has used so far, in microseconds.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import Fastify from "fastify";
import { connectorMigrations } from "../../src/connectors/store/connector-schema.ts";
import { DurableDatabase } from "../../src/connectors/store/durable-database.ts";
import { SqliteConnectorStore } from "../../src/connectors/store/sqlite-connector-store.ts";
import { locateStoreAssets } from "../../src/connectors/store/store-assets.ts";
import { WorkerImageBuilder } from "../../src/connectors/store/worker-image-builder.ts";
import { startGatewayServer } from "../../src/gateway/http/gateway-server.ts";
import { Webhooks } from "../../src/gateway/webhooks/webhooks.ts";
import { boundPortOf } from "../../src/sidecar/listen-port.ts";

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const mode = process.argv[2] ?? "bare";
const secret = process.argv[3] ?? "";
const folder = await mkdtemp(path.join(os.tmpdir(), "palyra-bench-hooks-"));
const port = mode === "bare" ? await startBare() : await startHooks();
process.stdout.write(`${JSON.stringify({ port })}\n`);
const lines = createInterface({ input: process.stdin });
lines.on("line", () => {
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${JSON.stringify({ cpu: user + system })}\n`);
});
lines.on("close", () => {
  rm(folder, { recursive: true, force: true }).then(
    () => process.exit(0),
    () => process.exit(1),
  );
});

async function startBare(): Promise<number> {
  const app = Fastify({ logger: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  app.post("/hooks/:id", async (request, reply) => {
    const body = JSON.parse((request.body as Buffer).toString("utf8")) as { readonly event?: string };
    return await reply.code(202).send({ id: body.event ?? "", duplicate: false });
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return boundPortOf(app.server);
}

async function startHooks(): Promise<number> {
  const file = path.join(folder, "webhooks.toml");
  const target =
    'target = { mode = "message", connector_id = "echo:default", conversation_id = "echo:one" }\n';
  await writeFile(
    file,
    `version = 1\n[[webhooks]]\nintegration_id = "one"\nprovider = "generic"\nsecret_vault_ref = "global/one"\n` +
      `max_per_minute = 600000\n${mode === "effects" ? target : ""}`,
  );
  const assets = locateStoreAssets(
    new URL("../../src/connectors/store/store-assets.ts", import.meta.url).href,
  );
  const store = new SqliteConnectorStore(
    await DurableDatabase.open({
      folder: path.join(folder, "store"),
      migrations: connectorMigrations,
      wasm: await readFile(assets.wasmFile),
      imageBuilder: new WorkerImageBuilder(assets.workerEntry),
    }),
  );
  const webhooks = new Webhooks({ file, log: silent, secret: async () => secret, changed: () => undefined });
  await webhooks.open();
  if (mode === "verified") {
    Object.assign(store.webhooks, {
      accept: async (list: readonly unknown[]) => list.map(() => ({ kind: "accepted" })),
    });
  }
  await webhooks.attach({
    store,
    destination: () => ({ split: (text) => [text], wake: () => undefined }),
    turn: async () => [],
    ask: async () => {
      throw new Error("nothing is asked for");
    },
    onFault: (thrown) => {
      throw thrown;
    },
  });
  const nobody = (): never => {
    throw new Error("only /hooks is used");
  };
  const server = await startGatewayServer({
    wish: { number: 0, pinned: false },
    api: new Proxy({} as Parameters<typeof startGatewayServer>[0]["api"], { get: () => nobody }),
    hooks: webhooks,
    publicHosts: () => [],
    redactor: { redact: (text) => text },
    log: silent,
    tokenMisused: () => undefined,
  });
  return server.port;
}
