import assert from "node:assert/strict";
import { Client, type Guild, type GuildMember, type TextChannel } from "discord.js";
import { PermissionFlagsBits } from "discord-api-types/v10";
import fc from "fast-check";
import {
  channelPermissions,
  type PermissionFacts,
  withImplicitDenials,
} from "../../../../src/connectors/discord/admin/permissions.ts";

const guildId = "1000000000000000001";
const bot = "1000000000000000002";
const owner = "1000000000000000003";
const roleIds = ["1000000000000000011", "1000000000000000012", "1000000000000000013"];
const all = Object.values(PermissionFlagsBits).reduce((bits, bit) => bits | bit, 0n);

const bits = fc.bigInt({ min: 0n, max: all }).map((value) => value & all);
const withoutAdministrator = bits.map((value) => value & ~PermissionFlagsBits.Administrator);
const facts: fc.Arbitrary<PermissionFacts> = fc
  .record({
    rolePermissions: fc.tuple(
      withoutAdministrator,
      withoutAdministrator,
      fc.oneof({ weight: 9, arbitrary: withoutAdministrator }, { weight: 1, arbitrary: bits }),
      withoutAdministrator,
    ),
    own: fc.subarray(roleIds),
    isOwner: fc.nat(9).map((number) => number === 0),
    overwrites: fc.uniqueArray(
      fc.record({ id: fc.constantFrom(guildId, bot, ...roleIds, owner), allow: bits, deny: bits }),
      { selector: (one) => one.id, maxLength: 6 },
    ),
  })
  .map(({ rolePermissions, own, isOwner, overwrites }) => ({
    guildId,
    ownerId: isOwner ? bot : owner,
    roles: [guildId, ...roleIds].map((id, index) => ({ id, permissions: rolePermissions[index] ?? 0n })),
    userId: bot,
    roleIds: own,
    overwrites,
  }));

/** The same server in discord.js, without a connection. */
function permissionsByDiscordJs(client: Client, given: PermissionFacts): bigint {
  const api = client as unknown as {
    guilds: { _add(data: object, cache: boolean): Guild };
  };
  const guild = api.guilds._add(
    {
      id: guildId,
      name: "lab",
      owner_id: given.ownerId,
      roles: given.roles.map((role) => ({
        id: role.id,
        name: role.id,
        permissions: String(role.permissions),
        position: 1,
        colors: { primary_color: 0 },
      })),
    },
    false,
  );
  const members = guild.members as unknown as { _add(data: object): GuildMember };
  const member = members._add({
    user: { id: given.userId, username: "bot", discriminator: "0", avatar: null },
    roles: given.roleIds,
  });
  const channels = guild.client.channels as unknown as {
    _add(data: object, guild: Guild, options: object): TextChannel;
  };
  const channel = channels._add(
    {
      id: "1000000000000000099",
      type: 0,
      name: "general",
      guild_id: guildId,
      permission_overwrites: given.overwrites.map((one) => ({
        id: one.id,
        type: one.id === guildId || roleIds.includes(one.id) ? 0 : 1,
        allow: String(one.allow),
        deny: String(one.deny),
      })),
    },
    guild,
    { cache: false },
  );
  return channel.permissionsFor(member).bitfield;
}

describe("Permissions of the bot in a channel", () => {
  it("are those that discord.js computes, for any roles and overwrites", () => {
    const client = new Client({ intents: [] });
    fc.assert(
      fc.property(facts, (given) => {
        assert.equal(channelPermissions(given) & all, permissionsByDiscordJs(client, given) & all);
      }),
      { numRuns: 300 },
    );
  });

  it("are none where the channel is hidden, and cannot attach or embed where nothing may be sent", () => {
    const { AttachFiles, EmbedLinks, ReadMessageHistory, SendMessages, SendMessagesInThreads, ViewChannel } =
      PermissionFlagsBits;
    const here = { isThread: false, isTimedOut: false };
    assert.equal(withImplicitDenials(SendMessages | AttachFiles, here), 0n);
    assert.equal(withImplicitDenials(ViewChannel | AttachFiles | EmbedLinks, here), ViewChannel);
    const inThread = ViewChannel | SendMessagesInThreads | AttachFiles;
    assert.equal(withImplicitDenials(inThread, { ...here, isThread: true }), inThread);
    assert.equal(
      withImplicitDenials(ViewChannel | ReadMessageHistory | SendMessages, { ...here, isTimedOut: true }),
      ViewChannel | ReadMessageHistory,
    );
  });
});
