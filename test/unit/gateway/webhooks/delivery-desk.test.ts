import assert from "node:assert/strict";
import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import { DeliveryDesk } from "../../../../src/gateway/webhooks/delivery-desk.ts";
import { deliveryLanes } from "../../../../src/gateway/webhooks/delivery-lanes.ts";
import { parseRegistry } from "../../../../src/gateway/webhooks/parse-registry.ts";
import { waitUntil } from "../../../support/vscode/wait-until.ts";
import { FaultyDisk } from "../../connectors/store/faulty-disk.ts";
import { openNumbers } from "../../connectors/store/numbered-rows.ts";

const entry = (id: string, mode: string): string => `[[webhooks]]
integration_id = "${id}"
provider = "generic"
secret_vault_ref = "global/${id}"
target = { mode = "${mode}", connector_id = "echo:default", conversation_id = "echo:one" }
`;

/** A turn of the agent that was begun and has not ended yet. */
interface Turn {
  readonly sender: string;
  end(): void;
}

describe("The effects of deliveries", () => {
  let store: SqliteConnectorStore;
  let desk: DeliveryDesk;
  let registry: ReturnType<typeof parseRegistry>;
  let turns: Turn[];
  let nextId: number;

  const register = (text: string): void => {
    registry = parseRegistry(`version = 1\n${text}`, "webhooks.toml");
  };
  beforeEach(async () => {
    turns = [];
    nextId = 0;
    store = new SqliteConnectorStore(
      await openNumbers(new FaultyDisk().layer, { migrations: connectorMigrations }),
    );
    desk = new DeliveryDesk({
      store: store.webhooks,
      integration: (id) => registry.integrations.get(id) ?? null,
      lanes: () => deliveryLanes(registry, false),
      destination: () => ({ split: (text) => [text], wake: () => undefined }),
      turn: ({ sender_id: sender }) =>
        new Promise((resolve) => {
          turns.push({ sender, end: () => resolve([{ text: "answer", in_reply_to_message_id: null }]) });
        }),
      ask: () => Promise.reject(new Error("nothing is asked for")),
      changed: () => undefined,
      onFault: (thrown) => {
        throw thrown;
      },
      log: { warn: () => undefined },
    });
  });
  afterEach(async () => {
    await desk.stop();
    await store.close();
  });

  const deliver = async (integrationId: string, count: number): Promise<string[]> => {
    const now = Date.now();
    const ids = Array.from({ length: count }, () => `D${`${nextId++}`.padStart(6, "0")}`);
    await store.webhooks.accept(
      ids.map((deliveryId) => ({
        deliveryId,
        integrationId,
        deliveryKey: deliveryId,
        signedAt: now,
        state: "received",
        reason: null,
        facts: {
          provider: "generic",
          event: null,
          source: null,
          origin: "hook",
          signed: true,
          payloadBytes: 2,
          safetyAction: "allow",
          safetyCodes: [],
        },
        payload: '{"text":"hello"}',
        keepUntil: now + 1_000_000,
      })),
      now,
    );
    desk.wake("received");
    return ids;
  };
  const isIn = async (state: string, [id = ""]: readonly string[]): Promise<boolean> =>
    (await store.webhooks.get(id))?.state === state;

  it("of messages do not wait for the agent, however many of its turns wait", async () => {
    register(entry("slow", "agent") + entry("quick", "message"));
    desk.start();
    await deliver("slow", 200);
    const quick = await deliver("quick", 70);
    await waitUntil("the messages", () => isIn("done", quick.slice(-1)));
    assert.equal(turns.length, 4);
  });

  it("of an agent begin by turns of their senders: one that sends a flood does not shut the others out", async () => {
    register(entry("flood", "agent") + entry("other", "agent"));
    desk.start();
    await deliver("flood", 200);
    await waitUntil("the turns", () => turns.length === 4);
    await deliver("other", 1);
    turns[0]?.end();
    await waitUntil("the next turn", () => turns.length === 5);
    assert.equal(turns[4]?.sender, "webhook:other");
  });

  it("wait while the entry of their integration is broken, and end when it is gone", async () => {
    register(entry("one", "message") + entry("two", "message"));
    const [one, two] = [await deliver("one", 1), await deliver("two", 1)];
    register(`${entry("one", "message")}enabled = "perhaps"\n${entry("two", "message")}`);
    desk.start();
    await waitUntil("the other one", () => isIn("done", two));
    assert.ok(await isIn("received", one));
    register(entry("one", "message"));
    desk.recheck();
    await waitUntil("the mended one", () => isIn("done", one));
    const late = await deliver("two", 1);
    await waitUntil("the end of it", () => isIn("dead", late));
    assert.match((await store.webhooks.get(late[0] ?? ""))?.reason ?? "", /was removed/);
  });
});

describe("Whose deliveries may have their effect", () => {
  const idsOf = (text: string, isBroken = false) => deliveryLanes(parseRegistry(text, "f"), isBroken);

  it("is everybody's but of broken entries", () => {
    const sound = entry("talks", "agent") + entry("posts", "message");
    assert.deepEqual(idsOf(sound), { turns: ["talks"], others: { kind: "except", ids: ["talks"] } });
    assert.deepEqual(idsOf(`${sound}${entry("bad", "no")}${entry("posts", "message")}`), {
      turns: ["talks"],
      others: { kind: "except", ids: ["talks", "bad"] },
    });
  });

  it("is only of those that are known, when a broken entry or file may hold any other", () => {
    const known = { turns: ["talks"], others: { kind: "only", ids: ["posts"] } };
    const sound = entry("talks", "agent") + entry("posts", "message");
    assert.deepEqual(idsOf(sound, true), known);
    assert.deepEqual(idsOf(`${sound}[[webhooks]]\nprovider = "generic"\n`), known);
  });
});
