import type { Clock } from "./clock.ts";
import { toApiChannel, toApiMember, toApiUser } from "./wire.ts";
import type { ApplicationCommand, BotApplication, Channel, Message } from "./world/model.ts";
import type { World } from "./world/world.ts";

/** Discord docs: Receiving and Responding, Interaction Callback. */
const FIRST_RESPONSE_MS = 3000;
/** Discord docs: Receiving and Responding, Followup Messages. */
const TOKEN_LIFETIME_MS = 15 * 60_000;

export interface CommandUse {
  readonly command: ApplicationCommand;
  readonly userId: string;
  readonly channel: Channel;
  readonly options: readonly { readonly name: string; readonly type: number; readonly value: unknown }[];
}

export interface Interaction extends CommandUse {
  readonly id: string;
  readonly token: string;
  readonly bot: BotApplication;
  readonly startedAtMs: number;
  answered: boolean;
  /** The first response once there is one. */
  originalMessageId: string | null;
}

/** Slash commands of applications, and their use by people. */
export class Interactions {
  readonly commands = new Map<string, ApplicationCommand>();
  readonly #byToken = new Map<string, Interaction>();
  readonly #world: World;
  readonly #clock: Clock;
  readonly #newToken: () => string;

  constructor(sources: { world: World; clock: Clock; newToken: () => string }) {
    this.#world = sources.world;
    this.#clock = sources.clock;
    this.#newToken = sources.newToken;
  }

  /** Commands of an application in one scope: a server, or everywhere for null. */
  commandsOf(applicationId: string, guildId: string | null): ApplicationCommand[] {
    return [...this.commands.values()].filter(
      (one) => one.applicationId === applicationId && one.guildId === guildId,
    );
  }

  /** Commands a person can use in a channel. */
  availableIn(channel: Channel): ApplicationCommand[] {
    const present = (id: string): boolean =>
      channel.guildId === null
        ? channel.recipientIds.includes(id)
        : this.#world.guild(channel.guildId).members.has(id);
    return [...this.commands.values()].filter(
      (one) => present(one.applicationId) && (one.guildId === null || one.guildId === channel.guildId),
    );
  }

  /** Creates or, when the name exists in that scope, replaces a command. */
  put(command: Omit<ApplicationCommand, "id" | "version">): { command: ApplicationCommand; isNew: boolean } {
    const known = this.commandsOf(command.applicationId, command.guildId).find(
      (one) => one.name === command.name && one.type === command.type,
    );
    const created = { ...command, id: known?.id ?? this.#world.newId(), version: this.#world.newId() };
    this.commands.set(created.id, created);
    return { command: created, isNew: known === undefined };
  }

  start(bot: BotApplication, use: CommandUse): Interaction {
    const interaction: Interaction = {
      ...use,
      id: this.#world.newId(),
      token: this.#newToken(),
      bot,
      startedAtMs: this.#clock.now(),
      answered: false,
      originalMessageId: null,
    };
    this.#byToken.set(interaction.token, interaction);
    return interaction;
  }

  /** The interaction while its first response may still come; undefined afterwards. */
  awaiting(id: string, token: string): Interaction | undefined {
    const found = this.#byToken.get(token);
    if (found?.id !== id) return undefined;
    return found.answered || this.#ageMs(found) <= FIRST_RESPONSE_MS ? found : undefined;
  }

  /** An answered interaction; "expired" after 15 minutes. */
  answered(applicationId: string, token: string): Interaction | "expired" | undefined {
    const found = this.#byToken.get(token);
    if (!found?.answered || found.bot.applicationId !== applicationId) return undefined;
    return this.#ageMs(found) > TOKEN_LIFETIME_MS ? "expired" : found;
  }

  originalOf(interaction: Interaction): Message | undefined {
    const id = interaction.originalMessageId;
    return id === null ? undefined : this.#world.findMessage(interaction.channel, id);
  }

  #ageMs(interaction: Interaction): number {
    return this.#clock.now() - interaction.startedAtMs;
  }
}

/** INTERACTION_CREATE (Discord docs: Receiving and Responding, Interaction Structure). */
export function interactionPayload(world: World, interaction: Interaction): object {
  const { channel, command, bot } = interaction;
  const guild = channel.guildId === null ? undefined : world.guild(channel.guildId);
  const member = guild?.members.get(interaction.userId);
  return {
    id: interaction.id,
    application_id: bot.applicationId,
    type: 2,
    data: {
      id: command.id,
      name: command.name,
      type: command.type,
      ...(interaction.options.length > 0 ? { options: interaction.options } : {}),
      ...(command.guildId === null ? {} : { guild_id: command.guildId }),
    },
    ...(guild && member
      ? {
          guild_id: guild.id,
          guild: { id: guild.id, locale: "en-US", features: [] },
          guild_locale: "en-US",
          member: {
            ...toApiMember(world, member),
            permissions: world.permissionsIn(channel, interaction.userId).toString(),
          },
        }
      : { user: toApiUser(world.user(interaction.userId)) }),
    channel_id: channel.id,
    channel: toApiChannel(world, channel, bot.userId),
    token: interaction.token,
    version: 1,
    app_permissions: world.permissionsIn(channel, bot.userId).toString(),
    locale: "en-US",
    entitlements: [],
    authorizing_integration_owners: { 0: guild?.id ?? "0" },
    context: guild ? 0 : 1,
    attachment_size_limit: 10 * 1024 * 1024,
  };
}
