import assert from "node:assert/strict";
import { type APIInteraction, ChannelType } from "discord-api-types/v10";
import { readInvocation } from "../../../../src/connectors/discord/commands/answer-interaction.ts";

const thread = "1573888945341595654";
const parent = "1573888945341595655";
const command = (channel: object): APIInteraction =>
  ({
    type: 2,
    id: "1573888951192649728",
    application_id: "1573888945341595000",
    token: "token",
    guild_id: "1573888945341595001",
    member: { nick: null, roles: [], user: { id: "1000000000000000002", username: "ada" } },
    channel: { id: thread, ...channel },
    data: { name: "status", id: "1573888945341595002", type: 1 },
  }) as unknown as APIInteraction;
const parentIn = (channel: object, known?: { guildId: string | null; parentId: string | null }) =>
  readInvocation(command(channel), "discord:default", known)?.event.parent_conversation_id;

describe("A slash command in a thread", () => {
  it("counts as one in the thread's channel, also when the thread is not known yet", () => {
    const place = { type: ChannelType.PublicThread, parent_id: parent };
    assert.equal(parentIn(place), `discord:channel:${parent}`);
    assert.equal(parentIn(place, { guildId: "1", parentId: null }), `discord:channel:${parent}`);
    assert.equal(parentIn({ type: ChannelType.PublicThread }), null);
    assert.equal(parentIn({ type: ChannelType.PublicThread, parent_id: "../1" }), null);
  });

  it("is told from one in a channel, whose parent is only a heading", () => {
    assert.equal(parentIn({ type: ChannelType.GuildText, parent_id: parent }), null);
  });
});
