import assert from "node:assert/strict";
import { type Channel, ChannelKind } from "../../../src/simulator/world/model.ts";
import { ALL_PERMISSIONS, Permission } from "../../../src/simulator/world/permissions.ts";
import { World } from "../../../src/simulator/world/world.ts";

const { VIEW_CHANNEL, SEND_MESSAGES, MENTION_EVERYONE, ADMINISTRATOR, SEND_MESSAGES_IN_THREADS } = Permission;

describe("Simulated permissions (Permissions: Permission Overwrites)", () => {
  let world: World;
  let channel: Channel;
  let guildId: string;
  let memberId: string;

  beforeEach(() => {
    world = new World(() => 1_700_000_000_000);
    const owner = world.addUser({ username: "owner" });
    const member = world.addUser({ username: "member" });
    const guild = world.addGuild({
      name: "g",
      ownerId: owner.id,
      everyonePermissions: VIEW_CHANNEL | SEND_MESSAGES,
    });
    guildId = guild.id;
    memberId = member.id;
    world.addMember(guildId, memberId);
    channel = world.addChannel(guildId, { kind: ChannelKind.text, name: "c" });
  });

  const overwrite = (id: string, type: "role" | "member", allow: bigint, deny: bigint): void =>
    world.setOverwrite(channel, { id, type, allow, deny });
  const has = (permission: bigint): boolean =>
    (world.permissionsIn(channel, memberId) & permission) === permission;

  it("give the owner and administrators everything, whatever the overwrites say", () => {
    const { id } = world.addRole(guildId, { name: "admin", permissions: ADMINISTRATOR });
    world.addMember(guildId, memberId, [id]);
    overwrite(memberId, "member", 0n, ALL_PERMISSIONS);
    assert.equal(world.permissionsIn(channel, memberId), ALL_PERMISSIONS);
    assert.equal(world.permissionsIn(channel, world.guild(guildId).ownerId), ALL_PERMISSIONS);
  });

  it("give outsiders nothing", () => {
    assert.equal(world.permissionsIn(channel, world.addUser({ username: "stranger" }).id), 0n);
  });

  it("apply @everyone, then roles together, then the member", () => {
    const yes = world.addRole(guildId, { name: "yes", permissions: 0n });
    const no = world.addRole(guildId, { name: "no", permissions: 0n });
    world.addMember(guildId, memberId, [yes.id, no.id]);
    overwrite(guildId, "role", 0n, SEND_MESSAGES);
    assert.equal(has(SEND_MESSAGES), false);
    overwrite(no.id, "role", 0n, SEND_MESSAGES);
    overwrite(yes.id, "role", SEND_MESSAGES, 0n);
    assert.equal(has(SEND_MESSAGES), true);
    overwrite(memberId, "member", 0n, SEND_MESSAGES);
    assert.equal(has(SEND_MESSAGES), false);
  });

  it("are all gone without VIEW_CHANNEL (Permissions: Implicit Permissions)", () => {
    overwrite(guildId, "role", SEND_MESSAGES, VIEW_CHANNEL);
    assert.equal(world.permissionsIn(channel, memberId), 0n);
  });

  it("lose MENTION_EVERYONE with SEND_MESSAGES (Permissions: Implicit Permissions)", () => {
    overwrite(guildId, "role", MENTION_EVERYONE, 0n);
    assert.equal(has(MENTION_EVERYONE), true);
    overwrite(guildId, "role", MENTION_EVERYONE, SEND_MESSAGES);
    assert.equal(has(MENTION_EVERYONE), false);
  });

  it("of a thread come from its channel; a private one is for its members (Permissions: Inherited Permissions)", () => {
    overwrite(guildId, "role", SEND_MESSAGES_IN_THREADS, SEND_MESSAGES);
    const base = { name: "t", ownerId: world.guild(guildId).ownerId, autoArchiveMinutes: 60 };
    const open = world.addThread(channel, { ...base, kind: ChannelKind.publicThread });
    const secret = world.addThread(channel, { ...base, kind: ChannelKind.privateThread });
    assert.notEqual(world.permissionsIn(open, memberId) & SEND_MESSAGES_IN_THREADS, 0n);
    assert.equal(world.permissionsIn(secret, memberId), 0n);
    secret.thread?.memberIds.add(memberId);
    assert.notEqual(world.permissionsIn(secret, memberId) & SEND_MESSAGES_IN_THREADS, 0n);
  });
});
