import assert from "node:assert/strict";
import { ErrorEnvelope } from "../../../src/contracts/errors.ts";
import { type TestSendRequest, TestSendResponse } from "../../../src/contracts/http-channels.ts";
import { GatewayScene, gatewayStatus } from "../../support/sidecar/gateway-scene.ts";
import type { ControlLink } from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

describe("A test message into a channel", () => {
  let scene: GatewayScene;
  let link: ControlLink;
  let general = "";
  before(async () => {
    scene = await GatewayScene.open({ simulator: { rateLimits: "off" } });
    ({ link } = await scene.startConnected());
    general = scene.simulator.people.findChannel("general").id;
  });
  after(() => scene.close());

  const post = (target: string, body: object = {}, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${link.port()}/admin/v1/channels/discord%3Adefault/${target}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${scene.boot.tokens[0] ?? ""}`,
        "content-type": "application/json",
        ...headers,
      },
      body: JSON.stringify(body),
    });
  const testSend = async (body: Partial<TestSendRequest>, headers: Record<string, string> = {}) => {
    const answer = await post("test-send", { target: general, confirm: true, ...body }, headers);
    assert.equal(answer.status, 200);
    return TestSendResponse.parse(await answer.json()).dispatch;
  };
  const ids = () => scene.simulator.people.findChannel("general").messages.map(({ id }) => id);

  it("is answered when it is there, with the id of the message", async () => {
    const sent = await testSend({ text: "is this on?" });
    assert.deepEqual([sent.enqueued, sent.delivered, sent.waiting, sent.dead_lettered], [1, 1, 0, 0]);
    assert.equal(sent.native_message_id, ids().at(-1));
    assert.equal(sent.reason, null);
    assert.equal(scene.answers("general").at(-1), "is this on?");
  });

  it("that is longer than one message arrives in several, in order, each with its code block closed", async () => {
    const before = scene.answers("general").length;
    const lines = Array.from({ length: 300 }, (_, n) => `const line${n} = ${n};`);
    const sent = await testSend({ text: `\`\`\`ts\n${lines.join("\n")}\n\`\`\`` });
    assert.ok(sent.enqueued > 2);
    assert.equal(sent.delivered, sent.enqueued);
    const parts = scene.answers("general").slice(before);
    assert.equal(parts.length, sent.enqueued);
    const code = parts.flatMap((part) => {
      assert.ok(part.length <= 2_000 && part.startsWith("```ts\n") && part.endsWith("\n```"));
      return part.split("\n").slice(1, -1);
    });
    assert.deepEqual(code, lines);
  });

  it("that cannot be delivered is answered with the reason", async () => {
    const sent = await testSend({ target: "1573888945341599999" });
    assert.deepEqual([sent.delivered, sent.waiting, sent.dead_lettered], [0, 0, 1]);
    assert.match(sent.reason ?? "", /^unknown_target: /);
    assert.equal(sent.native_message_id, null);
  });

  it("that is put in as if a person wrote it meets the rules, also the one for calls to everybody", async () => {
    const put = async (text: string, requested_broadcast: boolean) => {
      const answer = await post("test", { text, requested_broadcast });
      assert.equal(answer.status, 200);
      return waitUntil(`what became of “${text}”`, () => {
        const { recent_messages: recent } = gatewayStatus(link);
        const found = recent.find((one) => one.direction === "inbound" && one.text === text);
        return found === undefined || ["received", "routing"].includes(found.state) ? null : found;
      });
    };
    const refused = await put("for everybody", true);
    assert.deepEqual([refused.state, refused.reason], ["ignored", "broadcast_denied_by_policy"]);
    assert.equal((await put("for the bot", false)).state, "done");
  });

  it("that waits in a paused queue is answered at once", async () => {
    await post("operations/queue/pause");
    const sent = await testSend({ text: "later" });
    assert.deepEqual([sent.enqueued, sent.delivered, sent.waiting, sent.reason], [1, 0, 1, null]);
    assert.ok(!scene.answers("general").includes("later"));
    await post("operations/queue/resume");
    await waitUntil("the message after the pause", () => scene.answers("general").at(-1) === "later");
  });

  it("that is asked for again under its key is told what became of it", async () => {
    const asked = { text: "told twice ".repeat(300) };
    const first = await testSend(asked, { "idempotency-key": "told-1" });
    const again = await testSend(asked, { "idempotency-key": "told-1" });
    assert.ok(first.enqueued > 1);
    assert.deepEqual(again, { ...first, enqueued: 0 });

    const nowhere = { target: "1573888945341599999" };
    const failed = await testSend(nowhere, { "idempotency-key": "told-2" });
    assert.equal(failed.dead_lettered, 1);
    assert.deepEqual(await testSend(nowhere, { "idempotency-key": "told-2" }), { ...failed, enqueued: 0 });

    await post("operations/queue/pause");
    await testSend({ text: "waits" }, { "idempotency-key": "told-3" });
    const waiting = await testSend({ text: "waits" }, { "idempotency-key": "told-3" });
    assert.deepEqual([waiting.enqueued, waiting.delivered, waiting.waiting], [0, 0, 1]);
    await post("operations/queue/resume");
    const sent = await testSend({ text: "waits" }, { "idempotency-key": "told-3" });
    assert.deepEqual([sent.delivered, sent.native_message_id], [1, ids().at(-1)]);
  });

  it("that is asked for twice at the same time under its key is sent once, and both are told", async () => {
    const lift = scene.simulator.faults.add({ kind: "latency", pathIncludes: "/messages", delayMs: 300 });
    const ask = () => testSend({ text: "both" }, { "idempotency-key": "both-1" });
    const answers = await Promise.all([ask(), ask()]);
    lift();
    assert.deepEqual(answers.map(({ enqueued }) => enqueued).sort(), [0, 1]);
    for (const answer of answers) {
      assert.deepEqual([answer.delivered, answer.waiting, answer.native_message_id], [1, 0, ids().at(-1)]);
    }
    assert.equal(scene.answers("general").filter((text) => text === "both").length, 1);
  });

  it("under the key of another one is refused with what to do, and the other one keeps its result", async () => {
    const key = { "idempotency-key": "button-1" };
    const first = await testSend({ text: "once" }, key);
    const others = [
      { text: "another" },
      { text: "once\nand more" },
      { text: "once", target: scene.simulator.people.findChannel("random").id },
      { text: "once", reply_to_message_id: first.native_message_id ?? "" },
    ];
    for (const other of others) {
      const refused = await post("test-send", { target: general, confirm: true, ...other }, key);
      assert.equal(refused.status, 422, JSON.stringify(other));
      const { code, retryable, next_step } = ErrorEnvelope.parse(await refused.json());
      assert.deepEqual([code, retryable], ["idempotency_key_reused", false]);
      assert.match(next_step, /new key/);
    }
    const again = await testSend({ target: `channel:${general}`, text: "once" }, key);
    assert.deepEqual(again, { ...first, enqueued: 0 });
    assert.equal(scene.answers("general").at(-1), "once");
  });

  it("is sent once when two different ones come at the same time under one key", async () => {
    const key = { "idempotency-key": "race-1" };
    const answers = await Promise.all(
      ["one", "two", "three"].map((text) => post("test-send", { target: general, confirm: true, text }, key)),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422, 422]);
    const sent = scene.answers("general").filter((text) => ["one", "two", "three"].includes(text));
    assert.equal(sent.length, 1);
  });

  it("under a key that is none is refused", async () => {
    const body = { target: general, confirm: true };
    const refused = await post("test-send", body, { "idempotency-key": "x".repeat(129) });
    assert.equal(refused.status, 400);
  });
});
