import { toApiChannel, toApiGuild, toApiUser } from "../wire.ts";
import { basePermissions } from "../world/permissions.ts";
import { compareSnowflakes } from "../world/snowflake.ts";
import { apiErrors } from "./api-error.ts";
import { Form } from "./form.ts";
import type { Route } from "./route.ts";
import { ok, type RestRequest, type RestResult } from "./services.ts";

/** Gateway addresses, the bot itself and its application. */
export const identityRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/gateway",
    bucket: "gateway",
    anonymous: true,
    handle: ({ services }) => ok({ url: services.gatewayUrl() }),
  },
  { method: "GET", path: "/gateway/bot", bucket: "gateway/bot", handle: getGatewayBot },
  { method: "GET", path: "/users/@me", bucket: "users/@me", handle: getCurrentUser },
  { method: "GET", path: "/users/@me/guilds", bucket: "users/@me/guilds", handle: getCurrentGuilds },
  { method: "POST", path: "/users/@me/channels", bucket: "users/@me/channels", handle: createDirectChannel },
  { method: "GET", path: "/users/:user_id", bucket: "users", handle: getUser },
  { method: "GET", path: "/applications/@me", bucket: "applications/@me", handle: getApplication },
  {
    method: "GET",
    path: "/oauth2/applications/@me",
    bucket: "oauth2/applications/@me",
    handle: getApplication,
  },
];

function getGatewayBot({ services, bot }: RestRequest): RestResult {
  return ok({
    url: services.gatewayUrl(),
    shards: 1,
    session_start_limit: services.gateway.sessionStartLimit(bot),
  });
}

function getCurrentUser({ services, bot }: RestRequest): RestResult {
  return ok({
    ...toApiUser(services.world.user(bot.userId)),
    email: null,
    verified: true,
    mfa_enabled: false,
    locale: "en-US",
    flags: 0,
    bio: "",
  });
}

/** Discord docs: User Resource, Get Current User Guilds. */
function getCurrentGuilds({ services, bot, query }: RestRequest): RestResult {
  const form = new Form(query);
  const limit = form.integer("limit", { min: 1, max: 200 }) ?? 200;
  const after = form.snowflake("after") ?? "0";
  form.done();
  const guilds = services.world
    .guildsOf(bot.userId)
    .filter((guild) => compareSnowflakes(guild.id, after) > 0)
    .sort((a, b) => compareSnowflakes(a.id, b.id))
    .slice(0, limit);
  return ok(
    guilds.map((guild) => {
      const member = guild.members.get(bot.userId);
      return {
        id: guild.id,
        name: guild.name,
        icon: null,
        banner: null,
        owner: guild.ownerId === bot.userId,
        permissions: (member ? basePermissions(guild, member) : 0n).toString(),
        features: toApiGuild(guild).features,
      };
    }),
  );
}

function getUser({ services, params }: RestRequest): RestResult {
  const user = services.world.users.get(params.user_id ?? "");
  if (!user) throw apiErrors.unknownUser();
  return ok(toApiUser(user));
}

/** Discord docs: User Resource, Create DM. */
async function createDirectChannel(request: RestRequest): Promise<RestResult> {
  const { services, bot } = request;
  const form = new Form((await request.readBody()).fields);
  form.require("recipient_id");
  const recipientId = form.snowflake("recipient_id");
  form.done();
  const recipient = services.world.users.get(recipientId ?? "");
  if (!recipient) throw apiErrors.invalidRecipients();
  if (recipient.id === bot.userId || recipient.bot) throw apiErrors.cannotMessageUser();
  return ok(toApiChannel(services.world, services.world.directChannel(bot.userId, recipient.id), bot.userId));
}

/** Discord docs: Application Resource, Application Object. */
function getApplication({ services, bot }: RestRequest): RestResult {
  const { world } = services;
  return ok({
    id: bot.applicationId,
    name: bot.name,
    icon: null,
    description: "",
    type: null,
    bot: toApiUser(world.user(bot.userId)),
    summary: "",
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: "0".repeat(64),
    owner: toApiUser(world.user(bot.ownerId)),
    team: null,
    flags: services.applicationFlags(bot),
    hook: true,
    approximate_guild_count: world.guildsOf(bot.userId).length,
    approximate_user_install_count: 0,
    redirect_uris: [],
    interactions_endpoint_url: null,
    role_connections_verification_url: null,
    integration_types_config: {},
  });
}
