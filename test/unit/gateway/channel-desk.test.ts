import assert from "node:assert/strict";
import { ChannelDesk } from "../../../src/gateway/channel-desk.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";
import { SupervisorScene } from "../connectors/supervisor/supervisor-scene.ts";

const id = "echo:a";

describe("The desk of the channels", () => {
  let scene: SupervisorScene;
  let desk: ChannelDesk;
  beforeEach(async () => {
    scene = await SupervisorScene.open();
    desk = new ChannelDesk(
      scene.store,
      scene.supervisor,
      { status: async () => ({}) as never },
      () => undefined,
    );
  });
  afterEach(() => scene.stop());
  const texts = (): string[] =>
    scene
      .adapter(id)
      .delivered()
      .map(({ text }) => text);

  it("tells a person something that answers nothing", async () => {
    await scene.supervisor.apply([scene.spec(id)]);
    await desk.tell(id, "echo:dm:1", "You are paired now.");
    await waitUntil("the message", () => texts().length === 1);
    assert.deepEqual(texts(), ["You are paired now."]);
  });

  it("tells nothing, and does not fail, where the channel is switched off or gone", async () => {
    await scene.supervisor.apply([scene.spec(id, { enabled: false })]);
    for (const channel of [id, "echo:gone"]) await desk.tell(channel, "echo:dm:1", "The owner said no.");
    assert.equal((await scene.store.queueDepth(id)).outbox_pending, 0);
    assert.equal((await scene.store.queueDepth("echo:gone")).outbox_pending, 0);
  });

  it("says in plain words what was sent, and what is sent again", async () => {
    await scene.supervisor.apply([scene.spec(id)]);
    assert.equal((await desk.drain(id)).action.message, "Nothing was due to be sent.");
    await desk.pause(id, "test");
    await desk.tell(id, "echo:dm:1", "one");
    assert.equal((await desk.drain(id)).action.message, "The message was delivered.");
    scene.adapter(id).provider = async () => ({
      kind: "permanent_failure",
      class: "recipient_refuses",
      reason: "no",
    });
    await desk.tell(id, "echo:dm:1", "two");
    assert.equal((await desk.drain(id)).action.message, "The message was not delivered.");
    const [letter] = await scene.store.deadLetters.list(id, { limit: 1 });
    const replayed = await desk.replay(id, letter?.deadLetterId ?? 0);
    assert.equal(replayed.action.message, "The message is in the queue again.");
  });
});
