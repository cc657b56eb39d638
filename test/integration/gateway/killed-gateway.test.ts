import assert from "node:assert/strict";
import { GatewayScene } from "../../support/sidecar/gateway-scene.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const sends = { method: "POST", pathIncludes: "/messages" } as const;

describe("After a gateway was killed", () => {
  let scene: GatewayScene;
  afterEach(() => scene.close());

  const requestedSends = (): number =>
    scene.simulator.requestLog.filter((entry) => entry.method === "POST" && entry.path.endsWith("/messages"))
      .length;

  it("the next one resumes the session and answers what was written meanwhile, once", async () => {
    scene = await GatewayScene.open();
    const { gateway } = await scene.startConnected();
    scene.simulator.people.write("ada", "general", "@palyra before");
    await scene.waitForAnswers("general", 1);
    await gateway.kill();
    scene.simulator.people.write("ada", "general", "@palyra meanwhile");
    const { link } = await scene.start();
    await scene.waitForAnswers("general", 2);
    await scene.waitUntilIdle(link, 2);
    assert.deepEqual(scene.answers("general"), ["before", "meanwhile"]);
    assert.equal(scene.simulator.counts.identifies, 1);
    assert.equal(scene.simulator.counts.resumes, 1);
  });

  it("between a message and its answer, the next one answers it once", async () => {
    scene = await GatewayScene.open();
    const { gateway } = await scene.startConnected();
    const stopFault = scene.simulator.faults.add({ kind: "hang", ...sends });
    scene.simulator.people.write("ada", "general", "@palyra are you there?");
    await waitUntil("the send to begin", () => requestedSends() > 0);
    await gateway.kill();
    stopFault();
    assert.deepEqual(scene.answers("general"), []);
    const { link } = await scene.start();
    await scene.waitForAnswers("general", 1);
    await scene.waitUntilIdle(link, 1);
    assert.deepEqual(scene.answers("general"), ["are you there?"]);
  });

  it("between sending and noting it, the next one does not send again", async () => {
    scene = await GatewayScene.open();
    const { gateway } = await scene.startConnected();
    const stopFault = scene.simulator.faults.add({ kind: "loseResponse", ...sends });
    scene.simulator.people.write("ada", "general", "@palyra only once");
    await scene.waitForAnswers("general", 1);
    await gateway.kill();
    stopFault();
    const before = requestedSends();
    const { link } = await scene.start();
    await waitUntil("the second attempt", () => requestedSends() > before);
    await scene.waitUntilIdle(link, 1);
    assert.deepEqual(scene.answers("general"), ["only once"]);
  });

  it("between two messages of one text, the next one goes on with the second", async () => {
    scene = await GatewayScene.open({
      simulator: { rateLimits: { "messages/create": { limit: 1, windowMs: 1_500 } } },
    });
    const { gateway, link } = await scene.startConnected();
    const { id } = scene.simulator.people.findChannel("general");
    const parts = ["first", "second", "third"].map((word) => `${word} `.repeat(300).trim());
    const asked = fetch(`http://127.0.0.1:${link.port()}/admin/v1/channels/discord%3Adefault/test-send`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${scene.boot.tokens[0] ?? ""}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ target: id, confirm: true, text: parts.join("\n\n") }),
    }).catch(() => null);
    const [first = ""] = await scene.waitForAnswers("general", 1);
    await gateway.kill();
    await asked;
    assert.deepEqual(scene.answers("general"), [first]);
    const { link: next } = await scene.start();
    const written = (): string => scene.answers("general").join(" ").replace(/\s+/g, " ");
    await waitUntil("the whole text", () => written().length >= parts.join(" ").length);
    await scene.waitUntilIdle(next, 0);
    assert.equal(written(), parts.join(" "));
  });

  it("at moments of no choice under load, nothing is lost, doubled or out of order", async () => {
    scene = await GatewayScene.open({ simulator: { rateLimits: "off", globalRequestsPerSecond: 1_000 } });
    const texts: string[] = [];
    let running = await scene.startConnected();
    for (const [round, answeredBeforeKill] of [1, 6, 3, 0].entries()) {
      for (let index = 0; index < 10; index += 1) {
        texts.push(`message ${texts.length}`);
        scene.simulator.people.write("ada", "general", `@palyra ${texts.at(-1)}`);
      }
      await scene.waitForAnswers("general", round * 10 + answeredBeforeKill);
      await running.gateway.kill();
      running = await scene.start();
    }
    await scene.waitForAnswers("general", texts.length);
    await scene.waitUntilIdle(running.link, texts.length);
    assert.deepEqual(scene.answers("general"), texts);
  });
});

describe("A gateway that is stopped", () => {
  let scene: GatewayScene;
  afterEach(() => scene.close());

  it("first answers what it has received, and the next one resumes the session", async () => {
    scene = await GatewayScene.open();
    const { gateway, link } = await scene.startConnected();
    scene.simulator.faults.add({ kind: "latency", ...sends, times: 1, delayMs: 600 });
    scene.simulator.people.write("ada", "general", "@palyra one moment");
    await waitUntil("the send to begin", () =>
      scene.simulator.requestLog.some((entry) => entry.method === "POST"),
    );
    await link.request("stop", { drain_ms: 5_000 });
    assert.equal((await gateway.ended).code, 0);
    assert.deepEqual(scene.answers("general"), ["one moment"]);
    assert.deepEqual(scene.simulator.counts.closes.at(-1), { code: 4200, by: "client" });
    await scene.startConnected();
    assert.equal(scene.simulator.counts.identifies, 1);
    assert.equal(scene.simulator.counts.resumes, 1);
  });
});
