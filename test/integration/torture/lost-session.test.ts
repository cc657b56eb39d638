import assert from "node:assert/strict";
import { GatewayScene } from "../../support/sidecar/gateway-scene.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const reads = { method: "GET", pathIncludes: "/messages" } as const;

describe("What was written while there was no session with Discord", () => {
  let scene: GatewayScene;
  beforeEach(async () => {
    scene = await GatewayScene.open({ simulator: { rateLimits: "off", identifyIntervalMs: 0 } });
  });
  afterEach(() => scene.close());

  /** A gateway that has answered `before`, was killed, and has no session to resume any more. */
  const leaveWithoutSession = async (channel: string): Promise<void> => {
    const { gateway } = await scene.startConnected();
    write(channel, "before");
    await scene.waitForAnswers(channel, 1);
    await gateway.kill();
    scene.simulator.gateway.invalidateSessions(false);
  };
  const write = (channel: string, text: string): void => {
    scene.simulator.people.write("ada", channel, channel === "general" ? `@palyra ${text}` : text);
  };
  const fetches = (): number =>
    scene.simulator.requestLog.filter(({ method, path }) => method === "GET" && path.endsWith("/messages"))
      .length;

  const places = [
    { kind: "channel", open: () => "general" },
    { kind: "direct message", open: () => scene.simulator.people.openDirect("ada", "palyra").id },
  ];
  for (const { kind, open } of places) {
    it(`in a ${kind} is answered in order when the gateway dies before it has fetched it`, async () => {
      const channel = open();
      await leaveWithoutSession(channel);
      write(channel, "in the gap");
      const endFault = scene.simulator.faults.add({ kind: "hang", ...reads });
      const { gateway } = await scene.startConnected();
      await waitUntil("the fetching", () => fetches() > 0);
      await gateway.kill();
      endFault();
      write(channel, "after the gap");
      const { link } = await scene.start();
      await scene.waitForAnswers(channel, 3);
      await scene.waitUntilIdle(link, 3);
      assert.deepEqual(scene.answers(channel), ["before", "in the gap", "after the gap"]);
    });

    it(`in a ${kind} is answered in order when Discord fails while it is fetched and people write on`, async () => {
      const channel = open();
      await leaveWithoutSession(channel);
      write(channel, "in the gap");
      const endFault = scene.simulator.faults.add({ kind: "serverError", ...reads });
      const { link } = await scene.startConnected();
      await waitUntil("the failed fetching", () => fetches() > 0);
      write(channel, "after the gap");
      endFault();
      await scene.waitForAnswers(channel, 3);
      await scene.waitUntilIdle(link, 3);
      assert.deepEqual(scene.answers(channel), ["before", "in the gap", "after the gap"]);
    });

    it(`in a ${kind} is answered in order when the gateway dies after it could not fetch it`, async () => {
      const channel = open();
      await leaveWithoutSession(channel);
      write(channel, "in the gap");
      const endFault = scene.simulator.faults.add({ kind: "serverError", ...reads });
      const { gateway } = await scene.startConnected();
      await waitUntil("the failed fetching", () => fetches() > 0);
      scene.simulator.people.write("grace", "random", "@palyra elsewhere");
      await scene.waitForAnswers("random", 1);
      write(channel, "after the gap");
      await gateway.kill();
      endFault();
      write(channel, "later");
      const { link } = await scene.start();
      await scene.waitForAnswers(channel, 4);
      await scene.waitUntilIdle(link, 5);
      assert.deepEqual(scene.answers(channel), ["before", "in the gap", "after the gap", "later"]);
    });
  }

  it("is answered in order also when it is more than Discord tells at once", async () => {
    await leaveWithoutSession("general");
    const texts = Array.from({ length: 130 }, (_, index) => `number ${index}`);
    for (const text of texts) write("general", text);
    const { link } = await scene.start();
    await scene.waitForAnswers("general", 1 + texts.length);
    await scene.waitUntilIdle(link, 1 + texts.length);
    assert.deepEqual(scene.answers("general"), ["before", ...texts]);
  });

  it("is answered in channels and threads where nothing was written before", async () => {
    await leaveWithoutSession("general");
    const thread = scene.simulator.people.startThread("ada", "general", "news");
    for (const channel of ["random", thread.id])
      scene.simulator.people.write("ada", channel, "@palyra something new");
    const { link } = await scene.start();
    await scene.waitForAnswers("random", 1);
    await scene.waitForAnswers(thread.id, 1);
    await scene.waitUntilIdle(link, 3);
    assert.deepEqual(scene.answers("random"), ["something new"]);
    assert.deepEqual(scene.answers(thread.id), ["something new"]);
  });
});
