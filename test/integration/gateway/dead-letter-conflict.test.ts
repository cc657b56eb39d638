import assert from "node:assert/strict";
import path from "node:path";
import { openConnectorStore } from "../../../src/connectors/store/open-connector-store.ts";
import { locateStoreAssets } from "../../../src/connectors/store/store-assets.ts";
import { ErrorEnvelope } from "../../../src/contracts/errors.ts";
import { LogsResponse } from "../../../src/contracts/http-channels.ts";
import { GatewayScene } from "../../support/sidecar/gateway-scene.ts";
import { sampleEvent, sampleReply } from "../../unit/connectors/store/sample-messages.ts";

const connector = "discord:default";
const spec = {
  connectorId: connector,
  kind: "discord",
  principal: `channel:${connector}`,
  authProfileRef: "discord.default",
  tokenVaultRef: "global/discord_bot_token",
  egressAllowlist: [],
  enabled: true,
};

describe("A dead letter whose message is in the outbox again", () => {
  let scene: GatewayScene;
  before(async () => {
    scene = await GatewayScene.open();
  });
  after(() => scene.close());

  /** Leaves a store in which a removed connector's letter has the key of a message that waits. */
  const prepareStore = async (): Promise<void> => {
    const opened = await openConnectorStore({
      folder: path.join(scene.root, "store"),
      assets: locateStoreAssets(import.meta.url),
    });
    const { store } = opened;
    const message = sampleReply(sampleEvent(1, { conversation_id: "discord:channel:1573888945341599999" }));
    await store.instances.upsert(spec, 1);
    await store.enqueueOutbound(message, 1);
    const [row] = await store.claimOutbound(connector, 2, 60_000, 1);
    assert.ok(row !== undefined);
    await store.moveToDeadLetter(row.outboxId, row.claim, "unknown channel", Date.now());
    await store.instances.remove(connector, "keep");
    await store.instances.upsert(spec, 3);
    await store.queues.pause(connector, "for the test", 3);
    await store.enqueueOutbound(message, Date.now());
    await store.close();
  };

  it("is not sent again: 409 says so with a next step, and letter and message stay as they are", async () => {
    await prepareStore();
    const { link } = await scene.startConnected();
    const base = `http://127.0.0.1:${link.port()}/admin/v1/channels/${encodeURIComponent(connector)}`;
    const headers = { authorization: `Bearer ${scene.boot.tokens[0] ?? ""}` };
    const letters = async () =>
      LogsResponse.parse(await (await fetch(`${base}/logs`, { headers })).json()).dead_letters;
    const [letter, ...more] = await letters();
    assert.ok(letter !== undefined && more.length === 0);
    const target = `${base}/operations/dead-letters/${letter.dead_letter_id}/replay`;
    const refused = await fetch(target, { method: "POST", headers });
    assert.equal(refused.status, 409);
    const { code, category, error } = ErrorEnvelope.parse(await refused.json());
    assert.deepEqual([code, category], ["conflict", "conflict"]);
    assert.match(error, /in the outbox again/);
    assert.deepEqual(await letters(), [letter]);
  });
});
