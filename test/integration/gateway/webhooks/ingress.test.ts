import assert from "node:assert/strict";
import { waitUntil } from "../../../support/vscode/wait-until.ts";
import { oldSecret, WebhookScene } from "../../../support/webhooks/webhook-scene.ts";

const one = `[[webhooks]]
integration_id = "one"
provider = "generic"
secret_vault_ref = "global/sender"
previous_secret_vault_ref = "global/old_sender"
target = { mode = "message", connector_id = "discord:default", conversation_id = "GENERAL" }
`;

describe("A webhook", () => {
  let scene: WebhookScene;
  afterEach(() => scene.close());

  it("posts what a signed request says, once, however often the request is shown", async () => {
    scene = await WebhookScene.open(one);
    await scene.startReady();
    const { headers, body } = scene.sign({ text: "deployed" });
    const first = await scene.hook("one", body, headers);
    assert.equal(first.status, 202, JSON.stringify(first.body));
    const again = await scene.hook("one", body, headers);
    assert.equal(again.status, 409);
    assert.match(String(again.body.error), new RegExp(String(first.body.id)));
    assert.deepEqual(await scene.gateways.waitForAnswers("general", 1), ["deployed"]);
    await waitUntil(
      "the delivery to be done",
      async () => (await scene.deliveries("?state=done")).length === 1,
    );
  });

  it("takes a sender's own retry without doing it twice, and both secrets while one is replaced", async () => {
    scene = await WebhookScene.open(one);
    await scene.startReady();
    const id = "01J9ZZZZZZZZZZZZZZZZZZZZZZ";
    const now = Date.now();
    const first = await scene.deliver("one", { text: "hello" }, { id, now, secret: oldSecret });
    const retry = await scene.deliver("one", { text: "hello" }, { id, now: now + 1 });
    assert.deepEqual([first.status, retry.status], [202, 202]);
    assert.deepEqual(retry.body, { id: first.body.id, duplicate: true });
  });
});
