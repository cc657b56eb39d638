import { toApiChannel, toApiGuild, toApiMember, toApiRole } from "../wire.ts";
import type { Guild } from "../world/model.ts";
import { compareSnowflakes, isSnowflake } from "../world/snowflake.ts";
import { apiErrors } from "./api-error.ts";
import { Form } from "./form.ts";
import type { Route } from "./route.ts";
import { ok, type RestRequest, type RestResult } from "./services.ts";

/** Servers, their channels, members and roles. */
export const guildRoutes: readonly Route[] = [
  { method: "GET", path: "/guilds/:guild_id", bucket: "guilds", handle: getGuild },
  { method: "GET", path: "/guilds/:guild_id/channels", bucket: "guilds/channels", handle: getChannels },
  { method: "GET", path: "/guilds/:guild_id/roles", bucket: "guilds/roles", handle: getRoles },
  { method: "GET", path: "/guilds/:guild_id/members", bucket: "guilds/members", handle: listMembers },
  {
    method: "GET",
    path: "/guilds/:guild_id/members/search",
    bucket: "guilds/members/search",
    handle: searchMembers,
  },
  {
    method: "GET",
    path: "/guilds/:guild_id/members/:user_id",
    bucket: "guilds/members/one",
    handle: getMember,
  },
  {
    method: "GET",
    path: "/guilds/:guild_id/threads/active",
    bucket: "guilds/threads",
    handle: getActiveThreads,
  },
];

/** @throws ApiError 10004 when the bot is in no such guild */
function ownGuild(request: RestRequest): Guild {
  const guild = request.services.world.guilds.get(request.params.guild_id ?? "");
  if (!guild?.members.has(request.bot.userId)) throw apiErrors.unknownGuild();
  return guild;
}

function getGuild(request: RestRequest): RestResult {
  const guild = ownGuild(request);
  const counts =
    request.query.with_counts === "true"
      ? { approximate_member_count: guild.members.size, approximate_presence_count: guild.members.size }
      : {};
  return ok({ ...toApiGuild(guild), ...counts });
}

function getChannels(request: RestRequest): RestResult {
  const { world } = request.services;
  const channels = world.channelsOf(ownGuild(request).id).filter((channel) => channel.thread === null);
  return ok(channels.map((channel) => toApiChannel(world, channel, request.bot.userId)));
}

function getRoles(request: RestRequest): RestResult {
  return ok([...ownGuild(request).roles.values()].map(toApiRole));
}

/** Needs the GUILD_MEMBERS intent to be enabled (Discord docs: Guild Resource, List Guild Members). */
function listMembers(request: RestRequest): RestResult {
  const guild = ownGuild(request);
  if (!request.bot.privilegedIntents.guildMembers) throw apiErrors.missingAccess();
  const form = new Form(request.query);
  const limit = form.integer("limit", { min: 1, max: 1000 }) ?? 1;
  const after = form.snowflake("after") ?? "0";
  form.done();
  const members = [...guild.members.values()]
    .filter((member) => compareSnowflakes(member.userId, after) > 0)
    .sort((a, b) => compareSnowflakes(a.userId, b.userId))
    .slice(0, limit);
  return ok(members.map((member) => toApiMember(request.services.world, member)));
}

function searchMembers(request: RestRequest): RestResult {
  const guild = ownGuild(request);
  const { world } = request.services;
  const form = new Form(request.query);
  form.require("query");
  const query = (form.string("query", { min: 1, max: 100 }) ?? "").toLowerCase();
  const limit = form.integer("limit", { min: 1, max: 1000 }) ?? 1;
  form.done();
  const found = [...guild.members.values()].filter((member) => {
    const names = [world.user(member.userId).username, member.nick];
    return names.some((name) => name?.toLowerCase().startsWith(query));
  });
  return ok(found.slice(0, limit).map((member) => toApiMember(world, member)));
}

function getMember(request: RestRequest): RestResult {
  const guild = ownGuild(request);
  const id = request.params.user_id ?? "";
  if (!isSnowflake(id) || !request.services.world.users.has(id)) throw apiErrors.unknownUser();
  const member = guild.members.get(id);
  if (!member) throw apiErrors.unknownMember();
  return ok(toApiMember(request.services.world, member));
}

function getActiveThreads(request: RestRequest): RestResult {
  const { world } = request.services;
  const botId = request.bot.userId;
  const threads = world
    .channelsOf(ownGuild(request).id)
    .filter((one) => one.thread !== null && !one.thread.archived && world.canView(one, botId));
  const members = threads
    .filter((one) => one.thread?.memberIds.has(botId))
    .map((one) => ({
      id: one.id,
      user_id: botId,
      join_timestamp: new Date(one.thread?.createdAtMs ?? 0).toISOString(),
      flags: 0,
    }));
  return ok({ threads: threads.map((one) => toApiChannel(world, one, botId)), members });
}
