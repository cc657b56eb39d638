import assert from "node:assert/strict";
import { Permission } from "../../../src/simulator/world/permissions.ts";
import { WireScene } from "./wire-scene.ts";

const sends = { method: "POST", pathIncludes: "/messages" } as const;

describe("On the wire, every message to Discord", () => {
  let scene: WireScene;
  beforeEach(async () => {
    scene = await WireScene.open({ rateLimits: "off" });
  });
  afterEach(() => scene.close());

  it("carries an enforced nonce of at most 25 characters, its own and the same at each attempt", async () => {
    const { link } = await scene.gateway.startConnected();
    const { people, faults } = scene.simulator;
    faults.add({ kind: "serverError", ...sends, times: 2, status: 502 });
    faults.add({ kind: "loseResponse", ...sends, times: 1 });
    people.write("ada", "general", "@palyra first");
    people.write("ada", "general", `@palyra ${["one", "two", "three"].map(wideLine).join("\n")}`);
    const direct = people.openDirect("grace", "palyra");
    people.write("grace", direct.id, "in private");
    await scene.gateway.waitForAnswers("general", 4);
    await scene.gateway.waitForAnswers(direct.id, 1);
    await scene.gateway.waitUntilIdle(link, 3);
    const bodies = scene.wire.sends();
    assert.ok(bodies.length > 5, `${bodies.length} attempts for 5 messages`);
    const noncesByText = new Map<unknown, Set<unknown>>();
    for (const { nonce, enforce_nonce, content } of bodies) {
      assert.equal(enforce_nonce, true);
      assert.ok(typeof nonce === "string" && nonce.length > 0 && nonce.length <= 25, `nonce ${nonce}`);
      noncesByText.set(content, (noncesByText.get(content) ?? new Set()).add(nonce));
    }
    const nonces = [...noncesByText.values()].map((ofOneText) => {
      assert.equal(ofOneText.size, 1, "another nonce at another attempt");
      return [...ofOneText][0];
    });
    assert.equal(new Set(nonces).size, 5);
  });

  it("pings nobody, whatever the text says and the bot may", async () => {
    const { people, lab, world } = scene.simulator;
    const { guild, bot } = lab;
    const role = world.addRole(guild.id, { name: "everybody", permissions: 0n, mentionable: true });
    for (const roleId of guild.members.get(bot.userId)?.roleIds ?? []) {
      const own = guild.roles.get(roleId);
      if (own !== undefined) own.permissions |= Permission.MENTION_EVERYONE;
    }
    const text = `@everyone @here <@&${role.id}> <@${lab.people.grace.id}> <@!${lab.people.linus.id}>`;
    await scene.configure('inbound_scope = "open_guild_channels"\nbroadcast_strategy = "allow"\n');
    const { link } = await scene.gateway.startConnected();
    people.write("ada", "general", `@palyra ${text}`);
    await scene.gateway.waitForAnswers("general", 1);
    await scene.gateway.waitUntilIdle(link, 1);
    const sent = scene.wire.sends();
    assert.ok(sent.length > 0, "the answer went over the watched wire");
    for (const { allowed_mentions } of sent) {
      assert.deepEqual(allowed_mentions, { parse: [], replied_user: false });
    }
    const answer = lab.general.messages.find((message) => message.authorId === bot.userId);
    assert.equal(answer?.content, text);
    assert.deepEqual([answer.mentionEveryone, answer.mentionRoleIds, answer.mentionUserIds], [false, [], []]);

    const careless = await fetch(`${scene.simulator.apiBase}/v10/channels/${lab.general.id}/messages`, {
      method: "POST",
      headers: {
        authorization: `Bot ${scene.gateway.token}`,
        "content-type": "application/json",
        "user-agent": "DiscordBot (https://example.test, 1.0)",
      },
      body: JSON.stringify({ content: text }),
    });
    assert.equal(careless.status, 200);
    const pinging = lab.general.messages.at(-1);
    assert.equal(pinging?.mentionEveryone, true, "the same text without this care does ping");
    assert.deepEqual(pinging.mentionRoleIds, [role.id]);
  });
});

describe("Answers that may notify people by a rule", () => {
  let scene: WireScene;
  beforeEach(async () => {
    scene = await WireScene.open({ rateLimits: "off" });
  });
  afterEach(() => scene.close());

  it("notify those people, and never everybody", async () => {
    const { people, lab } = scene.simulator;
    await scene.configure(
      'inbound_scope = "open_guild_channels"\nreply_mentions = ["author", "users"]\nbroadcast_strategy = "allow"\n',
    );
    const { link } = await scene.gateway.startConnected();
    people.write("ada", "general", `@palyra @everyone <@${lab.people.grace.id}>`);
    people.write("ada", "general", "@palyra whoami");
    people.write("ada", "general", "/palyra whoami");
    await scene.gateway.waitForAnswers("general", 3);
    await scene.gateway.waitUntilIdle(link, 3);
    const [first, , command] = lab.general.messages.filter(({ authorId }) => authorId === lab.bot.userId);
    assert.equal(first?.mentionEveryone, false);
    assert.deepEqual(
      [...(first?.mentionUserIds ?? [])].sort(),
      [lab.people.ada.id, lab.people.grace.id].sort(),
    );
    assert.deepEqual(command?.mentionUserIds, [], "commands are answered without");
  });
});

/** Two of these do not fit into one message of the bot, three into one of a person. */
function wideLine(label: string): string {
  return `${label} ${"🙂".repeat(630)}`;
}
