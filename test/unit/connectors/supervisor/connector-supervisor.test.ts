import assert from "node:assert/strict";
import { crashOnceMarker } from "../../../../src/connectors/echo/echo-adapter.ts";
import { circuitLimits } from "../../../../src/connectors/supervisor/circuit.ts";
import { waitUntil } from "../../../support/vscode/wait-until.ts";
import { SupervisorScene } from "./supervisor-scene.ts";

const a = "echo:alpha";
const b = "echo:beta";

describe("The supervisor of connectors", () => {
  let scene: SupervisorScene;
  beforeEach(async () => {
    scene = await SupervisorScene.open();
  });
  afterEach(() => scene.stop());
  const texts = (id: string): string[] =>
    scene
      .adapter(id)
      .delivered()
      .map(({ text }) => text);
  const idle = (id: string) =>
    waitUntil(`${id} to have nothing left to do`, async () => {
      const queue = await scene.store.queueDepth(id);
      return queue.inbox_pending + queue.outbox_pending === 0;
    });

  it("calls a connector disabled only when it is: one that is being started is waited for", async () => {
    const applying = scene.supervisor.apply([scene.spec(a), scene.spec(b, { enabled: false })]);
    assert.throws(() => scene.supervisor.enabled(a), { code: "service_unavailable" });
    assert.throws(() => scene.supervisor.enabled(b), { code: "conflict" });
    await applying;
    assert.equal(scene.supervisor.enabled(a).spec.connectorId, a);
    assert.throws(() => scene.supervisor.enabled(b), { code: "conflict" });
  });

  it("answers each message once and in its order within a conversation", async () => {
    await scene.supervisor.apply([scene.spec(a)]);
    for (let n = 1; n <= 20; n += 1) await scene.adapter(a).hears(n);
    await scene.adapter(a).hears(20);
    await idle(a);
    assert.deepEqual(
      texts(a),
      Array.from({ length: 20 }, (_, index) => `message ${index + 1}`),
    );
    const metrics = await scene.store.metrics.of(a);
    assert.deepEqual([metrics.received, metrics.duplicates, metrics.delivered], [20, 1, 20]);
  });

  it("goes on sending on one connector while the agent thinks for ever on another", async () => {
    scene.turn = async (event, signal) => {
      if (event.connector_id === a)
        await new Promise((_, reject) => signal.addEventListener("abort", reject));
      return [{ text: event.body, in_reply_to_message_id: null }];
    };
    await scene.supervisor.apply([scene.spec(a), scene.spec(b)]);
    // More than there are slots, each in a conversation of its own.
    for (let n = 1; n <= 18; n += 1) await scene.adapter(a).hears(n, "hm", `echo:dm:${n}`);
    await scene.adapter(b).hears(1, "quick");
    await waitUntil("the quick answer", () => texts(b).length === 1);
    assert.deepEqual(texts(a), []);
  });

  it("lets no connector starve: one with hundreds of messages waiting does not hold up another's", async () => {
    let answered = 0;
    let answeredBefore = -1;
    scene.turn = async (event) => {
      await new Promise((resolve) => setImmediate(resolve));
      answered += 1;
      if (event.connector_id === b && answeredBefore < 0) answeredBefore = answered;
      return [];
    };
    await scene.supervisor.apply([scene.spec(a), scene.spec(b)]);
    await Promise.all(
      Array.from({ length: 300 }, (_, n) => scene.adapter(a).hears(n, "much", `echo:dm:${n}`)),
    );
    await scene.adapter(b).hears(1, "one");
    const mark = answered;
    await idle(b);
    assert.ok(answeredBefore - mark <= 100, `${answeredBefore - mark} others came before`);
    await idle(a);
  });

  it("answers all other messages while the answer to one fails, and that one when it works again", async () => {
    let broken = true;
    scene.turn = async (event) => {
      if (broken && event.body === "hard") throw new Error("the model is away");
      return [{ text: event.body, in_reply_to_message_id: null }];
    };
    await scene.supervisor.apply([scene.spec(a), scene.spec(b)]);
    await scene.adapter(a).hears(1, "hard");
    await scene.adapter(a).hears(2, "behind it");
    await scene.adapter(a).hears(3, "beside it", "echo:dm:2");
    await scene.adapter(b).hears(4, "elsewhere");
    await waitUntil("the others' answers", () => texts(a).length + texts(b).length === 2);
    assert.deepEqual([texts(a), texts(b)], [["beside it"], ["elsewhere"]]);
    broken = false;
    await idle(a);
    assert.deepEqual(texts(a), ["beside it", "hard", "behind it"]);
    assert.ok((await scene.eventTypes(a)).includes("inbound.retry"));
  });

  it("says at once that a message was accepted, once, where the rule wants it, and answers it after", async () => {
    scene.routing = { channels: [{ channel: "*", auto_ack_text: "On it." }] };
    let attempts = 0;
    scene.turn = async (event) => {
      attempts += 1;
      if (attempts === 1) throw new Error("the model is away");
      return [{ text: event.body, in_reply_to_message_id: null }];
    };
    await scene.supervisor.apply([scene.spec(a)]);
    await scene.adapter(a).hears(1);
    await waitUntil("the sign of acceptance", () => texts(a).length === 1);
    await idle(a);
    assert.deepEqual(texts(a), ["On it.", "message 1"]);
    assert.equal(attempts, 2);
  });

  it("shows that it writes while the agent thinks, and no longer when the answer is there", async () => {
    let answer: () => void = () => undefined;
    scene.turn = async (event) => {
      if (event.body === "slow") await new Promise<void>((resolve) => (answer = resolve));
      return [{ text: event.body, in_reply_to_message_id: null }];
    };
    await scene.supervisor.apply([scene.spec(a)]);
    await scene.adapter(a).hears(1, "quick");
    await idle(a);
    assert.equal(scene.adapter(a).typed, 0, "a quick answer needs none");
    await scene.adapter(a).hears(2, "slow");
    await waitUntil("the second time", () => scene.adapter(a).typed >= 2);
    answer();
    await idle(a);
    const typed = scene.adapter(a).typed;
    await new Promise((resolve) => setTimeout(resolve, 1.5 * scene.adapter(a).typingIntervalMs));
    assert.equal(scene.adapter(a).typed, typed);
    assert.deepEqual(texts(a), ["quick", "slow"]);
  });

  it("tries again what a connector asked to send again, and a rate limit spends no attempt", async () => {
    await scene.supervisor.apply([scene.spec(a)]);
    let limits = 3;
    scene.adapter(a).provider = (request) =>
      !request.text.includes("limited") || limits-- <= 0
        ? null
        : Promise.resolve({ kind: "retry", class: "rate_limit", reason: "429", retry_after_ms: 1 });
    await scene.adapter(a).hears(1, "limited");
    await scene.adapter(a).hears(2, `crash ${crashOnceMarker}`, "echo:dm:2");
    await idle(a);
    const metrics = await scene.store.metrics.of(a);
    assert.deepEqual([metrics.delivered, metrics.retries, metrics.deadLettered], [2, 0, 0]);
    assert.ok(metrics.deferrals >= 4);
    assert.ok((await scene.eventTypes(a)).includes("outbox.retry"));
  });

  it("does not send while the queue is paused, sends when asked to all the same, and goes on after the pause", async () => {
    await scene.supervisor.apply([scene.spec(a)]);
    await scene.store.queues.pause(a, "by hand", Date.now());
    await scene.adapter(a).hears(1);
    await scene.adapter(a).hears(2);
    await waitUntil(
      "both answers in the queue",
      async () => (await scene.store.queueDepth(a)).outbox_pending === 2,
    );
    assert.deepEqual(texts(a), []);
    const outcome = await scene.supervisor.running(a)?.drain(1);
    assert.deepEqual(outcome, { processed: 1, delivered: 1, retried: 0, dead_lettered: 0 });
    assert.deepEqual(texts(a), ["message 1"]);
    await scene.store.queues.resume(a, Date.now());
    scene.supervisor.running(a)?.wake();
    await idle(a);
    assert.deepEqual(texts(a), ["message 1", "message 2"]);
  });

  it("opens the circuit of a connector whose provider fails, tells so, and closes it after one good message", async () => {
    await scene.supervisor.apply([scene.spec(a)]);
    let works = false;
    scene.adapter(a).provider = async () =>
      works
        ? (null as never)
        : { kind: "retry", class: "transient_network", reason: "reset", retry_after_ms: null };
    for (let n = 1; n <= circuitLimits.failures; n += 1) await scene.adapter(a).hears(n, "x", `echo:dm:${n}`);
    await waitUntil(
      "the open circuit",
      async () => (await scene.status(a)).circuit?.state === "open",
      20_000,
    );
    const before = scene.adapter(a).sends;
    works = true;
    scene.adapter(a).become({ connected: false });
    scene.adapter(a).become({ connected: true });
    await waitUntil("the closed circuit", async () => (await scene.status(a)).circuit?.state === "closed");
    assert.ok(scene.adapter(a).sends > before);
    const types = await scene.eventTypes(a);
    assert.ok(types.indexOf("circuit.opened") < types.indexOf("circuit.closed"));
  }).timeout(30_000);

  it("refuses a second connector with the same token, and names the first", async () => {
    await scene.supervisor.apply([scene.spec(a), scene.spec(b)]);
    scene.secrets.set(`token of ${a}`, "one").set(`token of ${b}`, "one");
    assert.equal(await scene.adapter(a).askSecret(`token of ${a}`), "one");
    await assert.rejects(scene.adapter(b).askSecret(`token of ${b}`), {
      code: "conflict",
      message: /echo:beta has the same bot token as echo:alpha/,
    });
    scene.secrets.set(`token of ${a}`, "two");
    assert.equal(await scene.adapter(a).askSecret(`token of ${a}`), "two");
    assert.equal(await scene.adapter(b).askSecret(`token of ${b}`), "one");
  });

  it("stops a second connector that turns out to be the same bot, and starts it when the first is gone", async () => {
    await scene.supervisor.apply([scene.spec(a), scene.spec(b)]);
    scene.adapter(a).become({ accountId: "7" });
    scene.adapter(b).become({ accountId: "7" });
    const refused = await scene.status(b);
    assert.equal(refused.liveness, "failed");
    assert.match(refused.last_error?.message ?? "", /same bot account as echo:alpha/);
    await waitUntil("the event", async () => (await scene.eventTypes(b)).includes("connector.refused"));
    await scene.supervisor.apply([scene.spec(a, { enabled: false }), scene.spec(b)]);
    assert.equal((await scene.status(b)).liveness, "running");
  });

  it("stops, starts, restarts and removes connectors, and tells each step", async () => {
    await scene.supervisor.apply([scene.spec(a)]);
    const first = scene.adapter(a);
    await scene.supervisor.restart(a);
    assert.notEqual(scene.adapter(a), first);
    assert.equal(first.state().liveness, "stopped");
    await scene.supervisor.apply([scene.spec(a, { connectionKey: "2" })]);
    await scene.supervisor.apply([scene.spec(a, { enabled: false, connectionKey: "2" })]);
    assert.deepEqual([(await scene.status(a)).enabled, (await scene.status(a)).liveness], [false, "stopped"]);
    await assert.rejects(scene.supervisor.restart(a), { code: "conflict" });
    await scene.supervisor.remove(a, "keep");
    assert.deepEqual(scene.supervisor.ids(), []);
    await assert.rejects(scene.supervisor.remove(a, "keep"), { code: "not_found" });
    await waitUntil("the last event", async () => (await scene.eventTypes(a)).includes("connector.removed"));
    const types = new Set(await scene.eventTypes(a));
    for (const type of ["registered", "started", "stopped", "restarted", "enabled_changed", "removed"]) {
      assert.ok(types.has(`connector.${type}`), type);
    }
  });

  it("names the connectors there are to who asks for one that is not there", async () => {
    assert.throws(() => scene.supervisor.spec(a), {
      code: "not_found",
      nextStep: "Connect a channel first.",
    });
    await scene.supervisor.apply([scene.spec(a), scene.spec(b)]);
    assert.throws(() => scene.supervisor.spec("echo:gamma"), {
      code: "not_found",
      nextStep: `Name one of those there are: ${a}, ${b}.`,
    });
  });

  it("disables the record of a connector that is no longer configured", async () => {
    await scene.supervisor.apply([scene.spec(a)]);
    await scene.supervisor.apply([]);
    assert.equal((await scene.store.instances.get(a))?.enabled, false);
  });

  it("knows after a restart when a connector last received and sent something", async () => {
    await scene.supervisor.apply([scene.spec(a)]);
    await scene.adapter(a).hears(1);
    await idle(a);
    const before = await scene.status(a);
    await scene.stop();
    await scene.start();
    await scene.supervisor.apply([scene.spec(a, { enabled: false })]);
    const idleStatus = await scene.status(a);
    await scene.supervisor.apply([scene.spec(a)]);
    const running = await scene.status(a);
    assert.ok(before.last_inbound_unix_ms !== null && before.last_outbound_unix_ms !== null);
    for (const after of [idleStatus, running]) {
      assert.ok(Math.abs((after.last_inbound_unix_ms ?? 0) - before.last_inbound_unix_ms) < 1_000);
      assert.ok(Math.abs((after.last_outbound_unix_ms ?? 0) - before.last_outbound_unix_ms) < 1_000);
    }
  });

  it("leaves a bad readiness alone when a message is to be tried again", async () => {
    await scene.supervisor.apply([scene.spec(a)]);
    scene.adapter(a).become({ readiness: "misconfigured" });
    let tried = 0;
    scene.adapter(a).provider = async () => {
      tried += 1;
      return { kind: "retry", class: "transient_network", reason: "cut", retry_after_ms: 60_000 };
    };
    await scene.adapter(a).hears(1);
    await waitUntil("the attempt", () => tried === 1);
    await waitUntil("the retry", async () => (await scene.store.queueDepth(a)).outbox_pending === 1);
    assert.equal((await scene.status(a)).readiness, "misconfigured");
  });

  it("leaves the readiness alone when a single message fails", async () => {
    await scene.supervisor.apply([scene.spec(a)]);
    scene.adapter(a).provider = () =>
      Promise.resolve({ kind: "permanent_failure", class: "missing_access", reason: "the author left" });
    await scene.adapter(a).hears(1);
    await waitUntil("the dead letter", async () => (await scene.store.queueDepth(a)).dead_letters === 1);
    assert.equal((await scene.status(a)).readiness, "ready");
    await waitUntil("the event", async () => (await scene.eventTypes(a)).includes("outbox.dead_letter"));
  });
});
