import assert from "node:assert/strict";
import path from "node:path";
import type { TomlTable } from "smol-toml";
import { PairingCodeResponse } from "../../../src/contracts/http-router.ts";
import { editConfig } from "../../../src/gateway/edit-config.ts";
import { GatewayScene } from "../../support/sidecar/gateway-scene.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const open = 'inbound_scope = "open_guild_channels"\ndirect_message_policy = "allow"\n';

describe("Routing rules in palyra.toml", () => {
  let scene: GatewayScene;
  afterEach(() => scene.close());

  it("decide by patterns who is meant, and put the prefix in front of the answer", async () => {
    scene = await GatewayScene.open({
      settings: `${open}mention_patterns = ["@assistant", { regex = "^hey bot\\\\b" }]\nresponse_prefix = "Bot: "\n`,
    });
    await scene.startConnected();
    const { people } = scene.simulator;
    people.write("ada", "general", "mail assistant@assistant.io");
    people.write("ada", "general", "thank you @assistant.");
    people.write("ada", "general", "Hey BOT, and this");
    const expected = ["Bot: thank you @assistant.", "Bot: Hey BOT, and this"];
    assert.deepEqual(await scene.waitForAnswers("general", 2), expected);
  });

  it("make one turn of messages in quick succession, and answer it once", async () => {
    scene = await GatewayScene.open({
      settings: `${open}[router.inbound_coalescing]\nenabled = true\ndebounce_ms = 700\n`,
    });
    const { link } = await scene.startConnected();
    const direct = scene.simulator.people.openDirect("ada", "palyra");
    for (const text of ["first", "second", "third"]) scene.simulator.people.write("ada", direct.id, text);
    assert.deepEqual(await scene.waitForAnswers(direct.id, 1), ["first\n\nsecond\n\nthird"]);
    await scene.waitUntilIdle(link, 3);
    assert.equal(scene.answers(direct.id).length, 1);
  });

  it("that are edited apply to the next message, without a new connection", async () => {
    scene = await GatewayScene.open({ settings: open });
    await scene.startConnected();
    const { people, counts } = scene.simulator;
    people.write("ada", "general", "@palyra before");
    await scene.waitForAnswers("general", 1);
    const identifies = counts.identifies;
    await editConfig(path.join(scene.root, "palyra.toml"), (document) => {
      const { discord } = document.channels as { discord: Record<string, TomlTable> };
      Object.assign(discord.default ?? {}, { require_mention: false, response_prefix: "> " });
    });
    await waitUntil("the new rules", async () => {
      people.write("ada", "general", "ping");
      return scene.answers("general").some((answer) => answer === "> ping");
    });
    assert.equal(counts.identifies, identifies);
  });

  it("let a stranger know once how to get paired", async () => {
    scene = await GatewayScene.open({ settings: "" });
    const { link } = await scene.startConnected();
    const direct = scene.simulator.people.openDirect("grace", "palyra");
    for (const text of ["hello", "anybody?", "pair 22222222"]) {
      scene.simulator.people.write("grace", direct.id, text);
    }
    await scene.waitUntilIdle(link, 3);
    const [hint, refusal, ...others] = await scene.waitForAnswers(direct.id, 2);
    assert.match(hint ?? "", /Ask the owner for a pairing code/);
    assert.match(refusal ?? "", /I do not know this code/);
    assert.deepEqual(others, []);
  });

  it("have a person told who is paired, however the owner writes the name of the connector", async () => {
    scene = await GatewayScene.open({ settings: "" });
    const { link } = await scene.startConnected();
    const post = async (place: string, body: object): Promise<Response> =>
      await fetch(`http://127.0.0.1:${link.port()}/admin/v1/channels/router/${place}`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${scene.boot.tokens[0] ?? ""}`,
          "content-type": "application/json",
        },
        body: JSON.stringify(body),
      });
    const channel = "Discord:Default";
    const minted = PairingCodeResponse.parse(await (await post("pairing-codes", { channel })).json());
    const direct = scene.simulator.people.openDirect("grace", "palyra");
    scene.simulator.people.write("grace", direct.id, `pair ${minted.code.code}`);
    await scene.waitForAnswers(direct.id, 1);
    const sender = scene.simulator.lab.people.grace.id;
    const decided = await post("pairings/decide", { channel, sender, decision: "approve" });
    assert.deepEqual([decided.status, await decided.json()], [200, { outcome: "approved" }]);
    assert.equal((await scene.waitForAnswers(direct.id, 2)).length, 2);
  });
});
