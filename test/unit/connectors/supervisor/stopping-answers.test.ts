import assert from "node:assert/strict";
import { waitUntil } from "../../../support/vscode/wait-until.ts";
import { sampleEvent } from "../store/sample-messages.ts";
import { SupervisorScene } from "./supervisor-scene.ts";

const id = "echo:alpha";

/** An agent that never comes to an end with what begins with “long”, and notes what it was told to leave. */
function patientAgent(scene: SupervisorScene): { begun: string[]; left: string[] } {
  const begun: string[] = [];
  const left: string[] = [];
  scene.turn = async (event, signal) => {
    begun.push(event.body);
    if (event.body.startsWith("long")) {
      await new Promise((_, reject) => {
        const leave = (): void => {
          left.push(event.body);
          reject(signal.reason);
        };
        if (signal.aborted) leave();
        signal.addEventListener("abort", leave);
      });
    }
    return [{ text: event.body, in_reply_to_message_id: null }];
  };
  return { begun, left };
}

describe("A person who stops an answer", () => {
  let scene: SupervisorScene;
  let agent: ReturnType<typeof patientAgent>;
  beforeEach(async () => {
    scene = await SupervisorScene.open();
    agent = patientAgent(scene);
    await scene.supervisor.apply([scene.spec(id)]);
  });
  afterEach(() => scene.stop());

  const texts = (): string[] =>
    scene
      .adapter(id)
      .delivered()
      .map(({ text }) => text);
  const idle = () =>
    waitUntil("nothing to be left to do", async () => {
      const queue = await scene.store.queueDepth(id);
      return queue.inbox_pending + queue.outbox_pending === 0;
    });
  const inWork = () => waitUntil("the answer to begin", () => agent.begun.length > 0);

  it("is obeyed while it is written: the agent is told, and the message is not tried again", async () => {
    await scene.adapter(id).hears(1, "long story");
    await inWork();
    await scene.adapter(id).hears(2, "/palyra stop");
    await idle();
    assert.deepEqual(texts(), ["Stopped: the answer to “long story”."]);
    assert.deepEqual(agent.left, ["long story"]);
    const metrics = await scene.store.metrics.of(id);
    assert.deepEqual([metrics.received, metrics.inboundRetries], [2, 0]);
    assert.ok((await scene.eventTypes(id)).includes("channel.command.executed"));
  });

  it("does so in one conversation only, and every other command waits for its turn", async () => {
    await scene.adapter(id).hears(1, "long story", "echo:dm:1");
    await scene.adapter(id).hears(2, "long tale", "echo:dm:2");
    await scene.adapter(id).hears(3, "/palyra whoami", "echo:dm:1");
    await scene.adapter(id).hears(4, "/palyra stop", "echo:dm:2");
    await waitUntil("the answer", () => texts().length === 1);
    assert.deepEqual(texts(), ["Stopped: the answer to “long tale”."]);
    await scene.adapter(id).hears(5, "/palyra stop", "echo:dm:1");
    await idle();
    assert.equal(texts().length, 3);
    assert.deepEqual(agent.left, ["long tale", "long story"]);
  });

  it("is obeyed after a crash too, when the stop was on the disk and the answer was not", async () => {
    await scene.adapter(id).hears(1, "long story");
    await inWork();
    const stop = sampleEvent(2, {
      connector_id: id,
      conversation_id: "echo:dm:1",
      guild_id: null,
      is_direct_message: true,
      body: "/palyra stop",
    });
    await scene.store.acceptInbound(stop, null, Date.now());
    await scene.supervisor.stop(0);
    await scene.store.close();
    await scene.start();
    await scene.supervisor.apply([scene.spec(id)]);
    await idle();
    assert.deepEqual(texts(), ["Stopped: the answer to “long story”."]);
  });

  it("too late, when it was finished, is told so", async () => {
    await scene.adapter(id).hears(1, "a word");
    await idle();
    await scene.adapter(id).hears(2, "/palyra stop");
    await idle();
    assert.deepEqual(texts(), ["a word", "No answer is being written here."]);
  });
});
