import type { Gateway } from "./gateway/gateway.ts";
import { type Interactions, interactionPayload } from "./interactions.ts";
import { mentionsIn } from "./world/mention-rules.ts";
import { DEFAULT_ALLOWED_MENTIONS, linkTypedMentions } from "./world/mentions.ts";
import {
  type Attachment,
  type AttachmentPretence,
  type Channel,
  ChannelKind,
  type Message,
  MessageKind,
  type User,
} from "./world/model.ts";
import { Permission, sendPermission } from "./world/permissions.ts";
import type { World } from "./world/world.ts";

const MAX_CONTENT_CHARACTERS = 2000;

/** What a person may not do; the text says why, for people. */
export class PersonError extends Error {}

export interface PersonMessage {
  readonly replyTo?: string;
  readonly attachments?: readonly PersonFile[];
}

export interface PersonFile {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly pretence?: AttachmentPretence;
}

/** What people do in Discord's own client. Users and channels are given by id or by name. */
export class People {
  readonly #world: World;
  readonly #interactions: Interactions;
  readonly #gateway: Gateway;

  constructor(world: World, interactions: Interactions, gateway: Gateway) {
    this.#world = world;
    this.#interactions = interactions;
    this.#gateway = gateway;
  }

  /** @throws PersonError when there is nobody of that id or name */
  find(idOrName: string): User {
    const wanted = idOrName.replace(/^@/, "").toLowerCase();
    const found =
      this.#world.users.get(idOrName) ??
      [...this.#world.users.values()].find(
        (user) => user.username === wanted || user.globalName?.toLowerCase() === wanted,
      );
    if (!found) throw new PersonError(`There is nobody called "${idOrName}" here.`);
    return found;
  }

  /** @throws PersonError when there is no channel of that id or name */
  findChannel(idOrName: string): Channel {
    const wanted = idOrName.replace(/^#/, "").toLowerCase();
    const found =
      this.#world.channels.get(idOrName) ??
      [...this.#world.channels.values()].find((one) => one.name.toLowerCase() === wanted);
    if (!found) throw new PersonError(`There is no channel called "${idOrName}" here.`);
    return found;
  }

  /**
   * Writes a message. "@name" and "#name" become real mentions, as in Discord's own client.
   *
   * @throws PersonError when the person may not write there or the text is empty or too long
   */
  write(person: string, channel: string, text: string, more: PersonMessage = {}): Message {
    const author = this.find(person);
    const place = this.findChannel(channel);
    this.#demand(place, author, sendPermission(place), "write in");
    const content = this.linkMentions(place, text.trim());
    const files = (more.attachments ?? []).map((file) => this.#attachment(file));
    if (content === "" && files.length === 0) throw new PersonError("Type a message first.");
    if ([...content].length > MAX_CONTENT_CHARACTERS) {
      throw new PersonError(`That is longer than ${MAX_CONTENT_CHARACTERS} characters. Shorten it.`);
    }
    const target = more.replyTo === undefined ? null : this.#message(place, more.replyTo);
    const mentions = mentionsIn(this.#world, {
      channel: place,
      authorId: author.id,
      content,
      allowed: DEFAULT_ALLOWED_MENTIONS,
      repliedUserId: target && target.authorId !== author.id ? target.authorId : null,
    });
    return this.#world.addMessage(place, {
      authorId: author.id,
      kind: target ? MessageKind.reply : MessageKind.default,
      content,
      attachments: files,
      mentionUserIds: mentions.userIds,
      mentionRoleIds: mentions.roleIds,
      mentionEveryone: mentions.everyone,
      ...(target
        ? { reference: { type: 0, messageId: target.id, channelId: place.id, guildId: place.guildId } }
        : {}),
    });
  }

  /** @throws PersonError when it is somebody else's message */
  edit(person: string, channel: string, messageId: string, text: string): Message {
    const author = this.find(person);
    const place = this.findChannel(channel);
    const message = this.#message(place, messageId);
    if (message.authorId !== author.id) throw new PersonError("Only the author can edit a message.");
    const content = this.linkMentions(place, text.trim());
    const mentions = mentionsIn(this.#world, {
      channel: place,
      authorId: author.id,
      content,
      allowed: DEFAULT_ALLOWED_MENTIONS,
      repliedUserId: null,
    });
    this.#world.updateMessage(
      message,
      (edited) => {
        edited.content = content;
        edited.mentionUserIds = mentions.userIds;
        edited.mentionRoleIds = mentions.roleIds;
        edited.mentionEveryone = mentions.everyone;
      },
      true,
    );
    return message;
  }

  /** @throws PersonError when the person may not delete it */
  remove(person: string, channel: string, messageId: string): void {
    const author = this.find(person);
    const place = this.findChannel(channel);
    const message = this.#message(place, messageId);
    if (message.authorId !== author.id)
      this.#demand(place, author, Permission.MANAGE_MESSAGES, "delete messages in");
    this.#world.removeMessage(place, message.id);
  }

  /** Adds a reaction, or takes the person's own back when it is there. */
  react(person: string, channel: string, messageId: string, emoji: string): void {
    const user = this.find(person);
    const place = this.findChannel(channel);
    const message = this.#message(place, messageId);
    const own = message.reactions.find((one) => one.emoji === emoji)?.userIds.includes(user.id) ?? false;
    if (own) {
      this.#world.removeReaction(message, user.id, emoji);
      return;
    }
    this.#demand(place, user, Permission.ADD_REACTIONS, "react in");
    this.#world.addReaction(message, user.id, emoji);
  }

  type(person: string, channel: string): void {
    this.#world.startTyping(this.findChannel(channel), this.find(person).id);
  }

  /**
   * Uses a slash command. The text after the name fills the options in their order; the last one takes the rest.
   *
   * @throws PersonError when there is no such command, an option is missing, or the bot is away
   */
  useCommand(person: string, channel: string, typed: string): void {
    const user = this.find(person);
    const place = this.findChannel(channel);
    this.#demand(place, user, Permission.USE_APPLICATION_COMMANDS, "use commands in");
    const [name = "", ...words] = typed.replace(/^\//, "").trim().split(/\s+/);
    const command = this.#interactions.availableIn(place).find((one) => one.name === name.toLowerCase());
    if (!command) throw new PersonError(`There is no command /${name} here.`);
    const options = command.options.flatMap((option, index) => {
      const last = index === command.options.length - 1;
      const text = (last ? words.splice(0) : words.splice(0, 1)).join(" ");
      if (text === "" && option.required) throw new PersonError(`/${name} needs ${option.name}.`);
      return text === ""
        ? []
        : [{ name: option.name, type: option.type, value: optionValue(option.type, text) }];
    });
    const bot = this.#world.bots.get(command.applicationId);
    if (!bot || !this.#gateway.isOnline(bot.userId))
      throw new PersonError("The application did not respond.");
    const interaction = this.#interactions.start(bot, { command, userId: user.id, channel: place, options });
    this.#gateway.dispatchToBot(bot.userId, {
      t: "INTERACTION_CREATE",
      d: interactionPayload(this.#world, interaction),
    });
  }

  /** The direct-message channel between two users. */
  openDirect(person: string, other: string): Channel {
    const from = this.find(person);
    const to = this.find(other);
    if (from.id === to.id) throw new PersonError("Choose somebody else to write to.");
    return this.#world.directChannel(from.id, to.id);
  }

  /** Starts a thread, from a message when `messageId` is given. */
  startThread(person: string, channel: string, name: string, messageId?: string): Channel {
    const owner = this.find(person);
    const parent = this.findChannel(channel);
    if (parent.guildId === null || parent.thread !== null)
      throw new PersonError("Threads start in server channels.");
    if (name.trim() === "") throw new PersonError("Give the thread a name.");
    this.#demand(parent, owner, Permission.CREATE_PUBLIC_THREADS, "start threads in");
    const starter = messageId === undefined ? undefined : this.#message(parent, messageId);
    if (starter?.threadId) throw new PersonError("This message has a thread already.");
    const thread = this.#world.addThread(parent, {
      name: name.trim(),
      kind: ChannelKind.publicThread,
      ownerId: owner.id,
      autoArchiveMinutes: 4320,
      ...(starter ? { starter } : {}),
    });
    if (!starter && parent.kind !== ChannelKind.forum) {
      this.#world.addMessage(parent, {
        authorId: owner.id,
        kind: MessageKind.threadCreated,
        content: thread.name,
        reference: { type: 0, messageId: null, channelId: thread.id, guildId: parent.guildId },
      });
    }
    return thread;
  }

  /** The text with typed "@name" and "#name" turned into mentions of this channel's people and channels. */
  linkMentions(channel: Channel, text: string): string {
    const guildId = channel.guildId;
    const memberIds =
      guildId === null ? channel.recipientIds : [...this.#world.guild(guildId).members.keys()];
    const users = new Map<string, string>();
    for (const id of memberIds) {
      const user = this.#world.user(id);
      users.set(user.username.toLowerCase(), id);
      if (user.globalName) users.set(user.globalName.toLowerCase(), id);
    }
    const channels = new Map<string, string>();
    if (guildId !== null) {
      for (const one of this.#world.channelsOf(guildId)) channels.set(one.name.toLowerCase(), one.id);
    }
    return linkTypedMentions(text, { users, channels });
  }

  #attachment(file: PersonFile): Attachment {
    return {
      id: this.#world.newId(),
      filename: file.filename,
      title: null,
      description: null,
      contentType: file.contentType,
      bytes: file.bytes,
      spoiler: false,
      ...(file.pretence === undefined ? {} : { pretence: file.pretence }),
    };
  }

  #message(channel: Channel, messageId: string): Message {
    const message = this.#world.findMessage(channel, messageId);
    if (!message) throw new PersonError("That message is gone.");
    return message;
  }

  #demand(channel: Channel, user: User, permission: bigint, what: string): void {
    const permissions = this.#world.permissionsIn(channel, user.id);
    if ((permissions & permission) === permission) return;
    const place = channel.guildId === null ? "this conversation" : `#${channel.name}`;
    throw new PersonError(`${user.globalName ?? user.username} may not ${what} ${place}.`);
  }
}

/** Discord docs: Application Commands, Application Command Option Type. */
function optionValue(type: number, text: string): unknown {
  const INTEGER = 4;
  const BOOLEAN = 5;
  const NUMBER = 10;
  if (type === INTEGER || type === NUMBER) {
    const number = Number(text);
    if (!Number.isFinite(number)) throw new PersonError(`"${text}" is no number.`);
    return number;
  }
  return type === BOOLEAN ? text.toLowerCase() === "true" : text;
}
