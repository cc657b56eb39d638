import assert from "node:assert/strict";
import { ChannelStatusResponse } from "../../../src/contracts/http-channels.ts";
import { connectorOf, GatewayScene } from "../../support/sidecar/gateway-scene.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

describe("The status of a channel that cannot sign in", () => {
  let scene: GatewayScene;
  before(async () => {
    scene = await GatewayScene.open();
  });
  after(() => scene.close());

  it("says so on the one scale, with the same sentence as the connector, and never shows a token", async () => {
    const secrets: Record<string, string> = {};
    const { link } = await scene.start(secrets);
    const status = async (): Promise<ChannelStatusResponse> => {
      const target = `http://127.0.0.1:${link.port()}/admin/v1/channels/discord%3Adefault`;
      const headers = { authorization: `Bearer ${scene.boot.tokens[0] ?? ""}` };
      return ChannelStatusResponse.parse(await (await fetch(target, { headers })).json());
    };
    const readiness = (wanted: string) => waitUntil(wanted, () => connectorOf(link)?.readiness === wanted);
    await readiness("missing_credential");
    const missing = await status();
    assert.deepEqual(missing.operations.saturation, {
      state: "auth_failed",
      reasons: ["missing_credential"],
    });
    assert.match(missing.operations.last_auth_failure ?? "", /global\/discord_bot_token/);
    assert.equal(missing.operations.last_auth_failure, missing.connector.last_error?.message);

    secrets["global/discord_bot_token"] = "MTk4NjIy.not-the.token-of-the-bot";
    await link.request("secret/changed", { ref: "global/discord_bot_token" });
    await readiness("auth_failed");
    const refused = await status();
    assert.deepEqual(refused.operations.saturation, { state: "auth_failed", reasons: ["auth_failed"] });
    assert.equal(refused.operations.last_auth_failure, refused.connector.last_error?.message);
    assert.ok(!JSON.stringify(refused).includes("token-of-the-bot"));

    secrets["global/discord_bot_token"] = scene.token;
    await link.request("secret/changed", { ref: "global/discord_bot_token" });
    await readiness("ready");
    const works = await status();
    assert.deepEqual(
      [works.operations.saturation.state, works.operations.last_auth_failure],
      ["healthy", null],
    );
  });
});
