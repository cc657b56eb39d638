import assert from "node:assert/strict";
import { gatewayStatus } from "../../../support/sidecar/gateway-scene.ts";
import { waitUntil } from "../../../support/vscode/wait-until.ts";
import { type Answer, WebhookScene } from "../../../support/webhooks/webhook-scene.ts";

const one = `[[webhooks]]
integration_id = "one"
provider = "generic"
secret_vault_ref = "global/sender"
allowed_events = ["push"]
`;

describe("What the owner does with a webhook", () => {
  let scene: WebhookScene;
  afterEach(() => scene.close());

  const fields = ({ body }: Answer) =>
    (body.validation_errors as { field: string; message: string }[] | undefined)?.map(
      ({ field, message }) => `${field} ${message}`,
    );
  const base64 = (text: string): string => Buffer.from(text).toString("base64");

  it("is told of a misspelt heading in webhooks.toml, also when there is no webhook beside it", async () => {
    scene = await WebhookScene.open(one.replace("[[webhooks]]", "[[webhook]]"));
    await scene.start();
    const told = await waitUntil(
      "a warning",
      () => gatewayStatus(scene.link).webhooks?.warnings[0]?.message ?? null,
    );
    assert.match(told, /^webhooks\.toml, line 2: there is no setting webhook; it has no effect\.$/);
    await scene.register("");
    await waitUntil("nothing to say", () => (gatewayStatus(scene.link).webhooks ?? null) === null);
  });

  it("says of a webhook with a wrong entry where the fault is, and mends it with the rest kept", async () => {
    scene = await WebhookScene.open(`${one}max_payload_bytes = -1\n`);
    await scene.start();
    for (const [method, target, body] of [
      ["GET", "/webhooks/one"],
      ["POST", "/webhooks/one/enabled", { enabled: true }],
      ["POST", "/webhooks/one/dispatch", { event: "push" }],
    ] as const) {
      const answer = await scene.admin(method, target, body);
      assert.equal(answer.status, 404);
      assert.match(
        String(answer.body.error),
        /^The webhook one is not in force.* webhooks\.toml, line 7: max_payload_bytes: /,
      );
      assert.match(String(answer.body.next_step), /Correct the entry/);
    }
    const mended = await scene.admin("POST", "/webhooks", { integration_id: "one", max_payload_bytes: 10 });
    assert.deepEqual([mended.status, mended.body.created], [200, false]);
    const { max_payload_bytes, allowed_events } = mended.body.integration as Record<string, unknown>;
    assert.deepEqual([max_payload_bytes, allowed_events], [10, ["push"]]);
  });

  it("may change to a signature for which the secret is fit, and to no other", async () => {
    const plain = one.replace("global/sender", "global/words");
    scene = await WebhookScene.open(`${plain}signature = "standard"\n`);
    scene.secrets["global/words"] = "a secret in words";
    await scene.start();
    const status = async (): Promise<unknown> =>
      ((await scene.admin("GET", "/webhooks/one")).body.integration as Record<string, unknown>).status;
    await waitUntil("the secret", async () => (await status()) === "secret_unusable");
    const freed = await scene.admin("PATCH", "/webhooks/one", { signature: null });
    assert.equal(freed.status, 200, JSON.stringify(freed.body));
    assert.equal(await status(), "ready");
    const back = await scene.admin("PATCH", "/webhooks/one", { provider: "svix" });
    assert.equal(back.status, 400);
    assert.match(fields(back)?.join() ?? "", /^secret_vault_ref .*not of the form/);
  });

  it("is refused in order with a document that is nested without end, and with one that no envelope holds", async () => {
    scene = await WebhookScene.open(
      `${one}[[webhooks]]\nintegration_id = "doc"\nprovider = "envelope"\nsecret_vault_ref = "global/sender"\n`,
    );
    await scene.startReady();
    const depth = 10_000;
    const deep = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    const dispatched = await fetch(`${scene.address}/admin/v1/webhooks/one/dispatch`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${scene.gateways.boot.tokens[0] ?? ""}`,
        "content-type": "application/json",
      },
      body: `{"event":"push","payload":${deep}}`,
    });
    assert.equal(dispatched.status, 400);
    assert.match(await dispatched.text(), /nested too deep/);
    for (const [document, fault] of [
      [deep, "payload_base64 is nested too deep"],
      ["[1]", "payload_base64 is not a JSON object, which an envelope holds"],
      ["{", "payload_base64 is not a JSON object, which an envelope holds"],
    ] as const) {
      const signed = await scene.admin("POST", "/webhooks/doc/sign", { payload_base64: base64(document) });
      assert.deepEqual([signed.status, fields(signed)], [400, [fault]]);
    }
  });
});
