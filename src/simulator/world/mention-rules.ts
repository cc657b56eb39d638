import { type AllowedMentions, findMentions, type Mentions } from "./mentions.ts";
import type { Channel } from "./model.ts";
import { Permission } from "./permissions.ts";
import type { World } from "./world.ts";

/**
 * The mentions of a text written by `authorId` in `channel`, as the author's permissions and
 * `allowed` let them count.
 *
 * @param repliedUserId author of the message that is replied to, or null
 */
export function mentionsIn(
  world: World,
  text: {
    channel: Channel;
    authorId: string;
    content: string;
    allowed: AllowedMentions;
    repliedUserId: string | null;
  },
): Mentions {
  const { channel, authorId } = text;
  const roles = channel.guildId === null ? undefined : world.guild(channel.guildId).roles;
  return findMentions(text.content, {
    allowed: text.allowed,
    mayMentionEveryone:
      channel.guildId !== null &&
      (world.permissionsIn(channel, authorId) & Permission.MENTION_EVERYONE) !== 0n,
    isUser: (id) => world.users.has(id),
    isRole: (id) => roles?.has(id) ?? false,
    isMentionableRole: (id) => roles?.get(id)?.mentionable ?? false,
    repliedUserId: text.repliedUserId,
  });
}
