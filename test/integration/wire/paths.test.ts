import assert from "node:assert/strict";
import { gatewayStatus } from "../../support/sidecar/gateway-scene.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";
import { WireScene } from "./wire-scene.ts";

const snowflake = "\\d{16,20}";
const interactionToken = "[A-Za-z0-9_.~-]{1,1024}";
/** All the paths that the gateway has a use for. */
const known = new RegExp(
  `^/api/v10/(${[
    "gateway/bot",
    `channels/${snowflake}(/typing|/messages(\\?after=${snowflake}&limit=100)?)?`,
    "applications/@me",
    `applications/${snowflake}/commands`,
    `interactions/${snowflake}/${interactionToken}/callback`,
    `webhooks/${snowflake}/${interactionToken}/messages/(@|%40)original`,
  ].join("|")})$`,
);

const hostileIds = [
  "../../users/@me",
  "..%2f..%2fusers%2f@me",
  "1/../../gateway",
  "1?x=1",
  "1#",
  " 1573899537305567232",
  "1573899537305567232/messages/1",
  "1573899537305567232\r\nX-Evil: 1",
  "-1",
  "",
  "9".repeat(400),
  null,
  2 ** 60,
  { id: "1" },
  ["1"],
];

describe("On the wire, no request", () => {
  let scene: WireScene;
  beforeEach(async () => {
    scene = await WireScene.open({ rateLimits: "off" });
  });
  afterEach(() => scene.close());

  const strange = (): string[] =>
    scene.wire.requests.map((request) => request.url).filter((url) => !known.test(url));

  it("has an id of an event in its path that is not one of Discord's", async () => {
    const { link } = await scene.gateway.startConnected();
    const { gateway, lab, people, world } = scene.simulator;
    const author = { id: lab.people.ada.id, username: "ada", discriminator: "0", avatar: null };
    const message = {
      id: world.newId(),
      channel_id: lab.general.id,
      guild_id: lab.guild.id,
      author,
      content: "hello",
      timestamp: new Date().toISOString(),
      type: 0,
      mentions: [{ ...author, id: lab.bot.userId }],
      attachments: [],
      embeds: [],
    };
    for (const id of hostileIds) {
      for (const field of ["id", "channel_id", "guild_id"]) {
        gateway.sendDispatch("MESSAGE_CREATE", { ...message, id: world.newId(), [field]: id });
      }
      gateway.sendDispatch("MESSAGE_CREATE", { ...message, author: { ...author, id } });
      gateway.sendDispatch("MESSAGE_CREATE", { ...message, message_reference: { message_id: id } });
      gateway.sendDispatch("CHANNEL_CREATE", { id, type: 0, guild_id: id, parent_id: id });
      gateway.sendDispatch("THREAD_CREATE", { id, type: 11, guild_id: id, parent_id: id });
      gateway.sendDispatch("GUILD_CREATE", { id, channels: [{ id, type: 0 }], threads: [{ id, type: 11 }] });
    }
    people.write("grace", "random", "@palyra still there?");
    await scene.gateway.waitForAnswers("random", 1);
    await waitUntil("empty queues", () => {
      const queue = gatewayStatus(link).connectors[0]?.queue;
      return queue?.inbox_pending === 0 && queue.outbox_pending === 0;
    });
    assert.deepEqual(strange(), []);
    assert.ok(scene.wire.sends().length > 1, "the requests are noted");
  }).timeout(60_000);

  it("has an id or a token of a slash command in its path that is not one of Discord's", async () => {
    await scene.gateway.startConnected();
    const { gateway, lab, people, world } = scene.simulator;
    await waitUntil("the registered commands", () =>
      scene.wire.requests.some(({ method }) => method === "PUT"),
    );
    const interaction = {
      id: world.newId(),
      application_id: lab.bot.applicationId,
      type: 2,
      token: "known-to-nobody",
      data: { id: world.newId(), name: "whoami", type: 1 },
      channel: { id: lab.general.id, type: 0 },
      guild_id: lab.guild.id,
      member: { roles: [], user: { id: lab.people.ada.id, username: "ada" } },
    };
    for (const id of hostileIds) {
      gateway.sendDispatch("INTERACTION_CREATE", { ...interaction, id });
      gateway.sendDispatch("INTERACTION_CREATE", { ...interaction, application_id: id });
      gateway.sendDispatch("INTERACTION_CREATE", { ...interaction, channel: { id, type: 0 } });
      gateway.sendDispatch("INTERACTION_CREATE", { ...interaction, guild_id: id });
      if (typeof id !== "string" || !/^[A-Za-z0-9_.~-]+$/.test(id)) {
        gateway.sendDispatch("INTERACTION_CREATE", { ...interaction, token: id });
      }
    }
    people.useCommand("ada", "general", "/whoami");
    const answers = await scene.gateway.waitForAnswers("general", 1);
    await waitUntil("the answer", () => /^You are /.test(scene.gateway.answers("general")[0] ?? ""));
    assert.equal(answers.length, 1);
    assert.deepEqual(strange(), []);
    for (const part of ["/callback", "original", "/commands"]) {
      assert.ok(
        scene.wire.requests.some(({ url }) => url.endsWith(part)),
        `${part} is noted`,
      );
    }
  }).timeout(60_000);

  it("is made for a configuration with an id that is not one of Discord's", async () => {
    const allowed = JSON.stringify(hostileIds.filter((id) => typeof id === "string"));
    await scene.configure(`inbound_scope = "allowlisted_guild_channels"\nallowed_channels = ${allowed}\n`);
    const { link } = await scene.gateway.start();
    await waitUntil("the complaint", () =>
      gatewayStatus(link).reasons.some((reason) => reason.code === "config_invalid"),
    );
    assert.deepEqual(scene.wire.requests, []);
  });

  it("is made for an account whose name is a path", async () => {
    await scene.configure("", '"../../users/@me"');
    const { link } = await scene.gateway.start();
    await waitUntil("the complaint", () =>
      gatewayStatus(link).reasons.some((reason) => reason.code === "config_invalid"),
    );
    assert.deepEqual(scene.wire.requests, []);
  });
});
