import assert from "node:assert/strict";
import { gatewayStatus } from "../../../support/sidecar/gateway-scene.ts";
import { waitUntil } from "../../../support/vscode/wait-until.ts";
import { WebhookScene } from "../../../support/webhooks/webhook-scene.ts";

const one = `[[webhooks]]
integration_id = "one"
provider = "generic"
secret_vault_ref = "global/sender"
target = { mode = "message", connector_id = "discord:default", conversation_id = "GENERAL" }
`;

describe("A delivery whose message Discord refuses", () => {
  let scene: WebhookScene;
  afterEach(() => scene.close());

  const parts = [1, 2, 3].map((part) => `part ${part} ${"x".repeat(1_500)}`);

  /** A delivery of three messages, of which the second and third were given up. */
  const begin = async (): Promise<{ id: string; mend: () => void }> => {
    scene = await WebhookScene.open(one);
    await scene.startReady();
    const { faults, world } = scene.gateways.simulator;
    const mend = new Promise<() => void>((resolve) => {
      const stop = world.onEvent(({ type }) => {
        if (type !== "messageCreated") return;
        stop();
        resolve(faults.add({ kind: "serverError", method: "POST", pathIncludes: "/messages", status: 403 }));
      });
    });
    const { body } = await scene.deliver("one", { text: parts.join("\n") });
    await waitUntil("the delivery to be dead", async () => (await scene.deliveries("?state=dead"))[0]);
    return { id: String(body.id), mend: await mend };
  };
  const arrived = (): string[] => scene.gateways.answers("general");

  it("is given up in the log of the deliveries, with the reason, and counted", async () => {
    const { id } = await begin();
    const [delivery] = await scene.deliveries("?state=dead");
    assert.equal(delivery?.delivery_id, id);
    assert.match(delivery?.reason ?? "", /403/);
    assert.deepEqual(delivery?.messages, { waiting: 0, delivered: 1, given_up: 2 });
    await waitUntil("the count", () => gatewayStatus(scene.link).webhooks?.deliveries?.dead === 1);
  });

  it("is replayed with what is missing, once, also when the gateway is killed right after that", async () => {
    const { id, mend } = await begin();
    mend();
    const replayed = await scene.admin("POST", `/webhook-deliveries/${id}/replay`);
    assert.deepEqual([replayed.status, (replayed.body.delivery as { state: string }).state], [200, "done"]);
    await scene.kill();
    await scene.startReady();
    const again = await scene.admin("POST", `/webhook-deliveries/${id}/replay`);
    assert.equal(again.status, 409);
    await waitUntil("all of it", async () => {
      const [delivery] = await scene.deliveries("?state=done");
      return delivery?.messages?.delivered === 3;
    });
    assert.deepEqual(arrived(), parts);
    await waitUntil("the count", () => gatewayStatus(scene.link).webhooks?.deliveries?.dead === 0);
  });

  it("is let go together with its dead letters", async () => {
    const { id, mend } = await begin();
    mend();
    const gone = await scene.admin("POST", `/webhook-deliveries/${id}/discard`);
    assert.equal((gone.body.delivery as { state: string }).state, "discarded");
    assert.equal((await scene.admin("POST", `/webhook-deliveries/${id}/replay`)).status, 409);
    await waitUntil(
      "the dead letters to be gone",
      () => gatewayStatus(scene.link).connectors[0]?.queue.dead_letters === 0,
    );
  });
});
