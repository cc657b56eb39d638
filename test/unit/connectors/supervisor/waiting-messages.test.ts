import assert from "node:assert/strict";
import { retryLimits } from "../../../../src/connectors/retry-policy.ts";
import { waitUntil } from "../../../support/vscode/wait-until.ts";
import { sampleEvent } from "../store/sample-messages.ts";
import { SupervisorScene } from "./supervisor-scene.ts";

const id = "echo:alpha";

describe("A message whose turn is not yet", () => {
  let scene: SupervisorScene;
  beforeEach(async () => {
    scene = await SupervisorScene.open();
    scene.routing = { default_concurrency_limit: 1 };
    await scene.supervisor.apply([scene.spec(id)]);
  });
  afterEach(() => scene.stop());

  const waiting = async (): Promise<number> => (await scene.store.queueDepth(id)).inbox_pending;
  const texts = (): string[] =>
    scene
      .adapter(id)
      .delivered()
      .map(({ text }) => text);

  it("waits in the queue while another one is answered, and leaves it when it is answered itself", async () => {
    let finish: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const begun: string[] = [];
    scene.turn = async (event) => {
      begun.push(event.body);
      if (event.body === "first") await first;
      return [{ text: event.body, in_reply_to_message_id: null }];
    };
    await scene.adapter(id).hears(1, "first");
    await waitUntil("the first turn", () => begun.length === 1);
    await scene.adapter(id).hears(2, "second", "echo:dm:2");
    assert.equal(await waiting(), 2);
    finish();
    await waitUntil("both answers", () => texts().length === 2);
    await waitUntil("an empty queue", async () => (await waiting()) === 0);
    assert.deepEqual(texts(), ["first", "second"]);
  });

  it("is queued again when its turn fails, and leaves the queue when a later one works", async () => {
    let failures = 1;
    scene.turn = async (event) => {
      failures -= 1;
      if (failures >= 0) throw new Error("the model is away");
      return [{ text: event.body, in_reply_to_message_id: null }];
    };
    await scene.adapter(id).hears(1, "again");
    await waitUntil("the failure to be told", async () =>
      (await scene.eventTypes(id)).includes("inbound.retry"),
    );
    assert.equal(await waiting(), 1);
    await waitUntil("the answer", () => texts().length === 1);
    await waitUntil("an empty queue", async () => (await waiting()) === 0);
  });

  it("is given up after its last attempt, does not stay in the queue, and the owner is told", async () => {
    await scene.supervisor.apply([]);
    const event = sampleEvent(1, {
      connector_id: id,
      conversation_id: "echo:dm:1",
      guild_id: null,
      is_direct_message: true,
    });
    await scene.store.acceptInbound(event, null, 1);
    for (let attempt = 1; attempt < retryLimits.inboundAttempts; attempt += 1) {
      const [row] = await scene.store.claimInbound(id, attempt, 1);
      assert.equal(row?.attempts, attempt);
      await scene.store.retryInbound(event.envelope_id, "the model is away", attempt, attempt);
    }
    assert.equal(await waiting(), 1);
    scene.turn = async () => {
      throw new Error("the model is away");
    };
    await scene.supervisor.apply([scene.spec(id)]);
    await waitUntil("the end", async () => (await scene.eventTypes(id)).includes("inbound.failed"));
    assert.equal(await waiting(), 0);
    assert.deepEqual(texts(), []);
  });
});
