import { type BotApplication, type Channel, ChannelKind, type Guild, type User } from "./model.ts";
import { DEFAULT_EVERYONE_PERMISSIONS, Permission } from "./permissions.ts";
import type { World } from "./world.ts";

export interface DefaultWorld {
  readonly guild: Guild;
  readonly general: Channel;
  readonly random: Channel;
  readonly people: { readonly ada: User; readonly grace: User; readonly linus: User };
  readonly bot: BotApplication;
}

/** The permissions that the bot's invitation asks for. */
const BOT_ROLE_PERMISSIONS =
  Permission.VIEW_CHANNEL |
  Permission.SEND_MESSAGES |
  Permission.READ_MESSAGE_HISTORY |
  Permission.EMBED_LINKS |
  Permission.ATTACH_FILES |
  Permission.SEND_MESSAGES_IN_THREADS;

/**
 * Fills an empty world with one server, three people and the bot "palyra".
 *
 * @param token the bot's token
 */
export function createDefaultWorld(world: World, token: string): DefaultWorld {
  const ada = world.addUser({ username: "ada", globalName: "Ada" });
  const grace = world.addUser({ username: "grace", globalName: "Grace" });
  const linus = world.addUser({ username: "linus", globalName: "Linus" });
  const bot = world.addBot({
    name: "palyra",
    token,
    ownerId: ada.id,
    privilegedIntents: { presence: false, guildMembers: false, messageContent: true },
  });
  const guild = world.addGuild({
    name: "Palyra Lab",
    ownerId: ada.id,
    everyonePermissions: DEFAULT_EVERYONE_PERMISSIONS,
  });
  world.addMember(guild.id, grace.id);
  world.addMember(guild.id, linus.id);
  const role = world.addRole(guild.id, {
    name: "palyra",
    permissions: BOT_ROLE_PERMISSIONS,
    managedByBotId: bot.userId,
  });
  world.addMember(guild.id, bot.userId, [role.id]);
  const general = world.addChannel(guild.id, {
    kind: ChannelKind.text,
    name: "general",
    topic: "Say hello. Mention @palyra to ask the bot.",
  });
  const random = world.addChannel(guild.id, {
    kind: ChannelKind.text,
    name: "random",
    topic: "Anything goes.",
  });
  return { guild, general, random, people: { ada, grace, linus }, bot };
}
