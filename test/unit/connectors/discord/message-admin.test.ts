import assert from "node:assert/strict";
import { ChannelType } from "discord-api-types/v10";
import { MessageAdmin } from "../../../../src/connectors/discord/admin/message-admin.ts";
import { PalyraError } from "../../../../src/platform/errors.ts";

const bot = "1000000000000000001";
const channel = "1573888945341595654";
const message = {
  id: "1573888951192649728",
  channel_id: channel,
  author: { id: bot, username: "palyra" },
  content: "hello",
  edited_timestamp: null,
  attachments: [],
};

describe("A reaction that was made on Discord", () => {
  it("counts as made, also when the message cannot be read again afterwards", async () => {
    const made: string[] = [];
    let reads = 0;
    const rest = {
      apiBase: new URL("https://discord.com/api"),
      channel: async () => ({ id: channel, type: ChannelType.DM }),
      message: async () => {
        reads += 1;
        if (reads % 2 === 0) throw new PalyraError("discord_unreachable", "Discord could not be reached.");
        return message;
      },
      addReaction: async () => void made.push("added"),
      removeReaction: async () => void made.push("removed"),
    } as unknown as ConstructorParameters<typeof MessageAdmin>[0];
    const admin = new MessageAdmin(rest, bot);
    const locator = { conversation_id: channel, thread_id: null, message_id: message.id };
    const added = await admin.addReaction({ locator, emoji: "👍" } as never);
    const removed = await admin.removeReaction({ locator, emoji: "👍" } as never);
    assert.deepEqual([added.status, removed.status], ["reaction_added", "reaction_removed"]);
    assert.equal(added.message?.body, "hello");
    assert.deepEqual(made, ["added", "removed"]);
  });
});
