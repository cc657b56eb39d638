import { DiscordAPIError } from "@discordjs/rest";
import {
  type APIInteraction,
  InteractionType,
  MessageFlags,
  RESTJSONErrorCodes,
} from "discord-api-types/v10";
import { ulid } from "ulid";
import { InboundMessageEvent } from "../../../contracts/connector.ts";
import { messageOf } from "../../../platform/errors.ts";
import type { CommandSpec } from "../../commands/command-spec.ts";
import type { ConnectorLogger } from "../../logger.ts";
import type { CommandSyncState } from "../../store/parts/command-sync-store.ts";
import { type ChannelFacts, isThreadType } from "../channel-directory.ts";
import type { DiscordRest } from "../discord-rest.ts";
import { conversationOf, isSnowflake, personOf, snowflakeTime } from "../ids.ts";
import { displayNameOf } from "../normalise-message.ts";

/** Longest text of one Discord message, in characters. */
const messageLimit = 2_000;

const alreadyAcknowledged = RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged;

/** What Discord's tokens for interactions consist of; nothing else goes into a path. */
const tokenPattern = /^[A-Za-z0-9_.~-]{1,1024}$/;

/** A slash command as the core knows it. */
export interface NativeInvocation {
  readonly event: InboundMessageEvent;
  readonly command: string;
  readonly given: Readonly<Record<string, unknown>>;
}

/**
 * Reads a slash command. The event stands for the person and the place, so that the same rules apply as to a
 * message that mentions the bot.
 * @returns null for other interactions, and for what does not have Discord's form
 */
export function readInvocation(
  interaction: APIInteraction,
  connectorId: string,
  channel: ChannelFacts | undefined,
): NativeInvocation | null {
  if (interaction.type !== InteractionType.ApplicationCommand) return null;
  const user = interaction.member?.user ?? interaction.user;
  const channelId = interaction.channel?.id;
  if (!isSnowflake(interaction.application_id) || !tokenPattern.test(interaction.token)) return null;
  if (!isSnowflake(interaction.id) || !isSnowflake(channelId) || !isSnowflake(user?.id)) return null;
  const options = "options" in interaction.data ? (interaction.data.options ?? []) : [];
  const given = Object.fromEntries(
    options.flatMap((option) => ("value" in option ? [[option.name, option.value]] : [])),
  );
  const parent = channel?.parentId ?? parentOf(interaction.channel);
  const event = InboundMessageEvent.safeParse({
    envelope_id: ulid(),
    connector_id: connectorId,
    provider_message_id: interaction.id,
    conversation_id: conversationOf(channelId),
    parent_conversation_id: parent === null ? null : conversationOf(parent),
    guild_id: interaction.guild_id ?? null,
    sender_id: personOf(user.id),
    sender_display: displayNameOf(user, interaction.member?.nick),
    sender_roles: interaction.member?.roles ?? [],
    body: `/palyra ${interaction.data.name}`,
    is_direct_message: interaction.guild_id === undefined,
    mentions_bot: true,
    attachments: [],
    sent_at_unix_ms: snowflakeTime(interaction.id),
    received_at_unix_ms: Date.now(),
  });
  return event.success ? { event: event.data, command: interaction.data.name, given } : null;
}

/** The channel of a thread as the command itself tells it: after a restart Discord does not introduce threads again. */
function parentOf(place: APIInteraction["channel"]): string | null {
  if (place === undefined || !isThreadType(place.type) || !("parent_id" in place)) return null;
  return isSnowflake(place.parent_id) ? place.parent_id : null;
}

/** Carries out slash commands, and remembers what was registered. */
export interface NativeCommandHost {
  readonly catalog: readonly CommandSpec[];
  /** Whether the person is answered there at all. */
  mayUse(invocation: NativeInvocation): Promise<boolean>;
  /** @returns the answer, for the person who used the command */
  run(invocation: NativeInvocation): Promise<string>;
  loadSync(): Promise<CommandSyncState | null>;
  saveSync(state: CommandSyncState): Promise<void>;
}

export interface InteractionContext {
  readonly connectorId: string;
  readonly channel: ChannelFacts | undefined;
  readonly rest: Pick<DiscordRest, "deferInteraction" | "interactionAnswer" | "answerInteraction">;
  readonly commands: Pick<NativeCommandHost, "mayUse" | "run">;
  readonly log: ConnectorLogger;
}

/**
 * Answers a slash command: says within Discord's three seconds that the answer is being made, then carries the
 * command out. A person who is not answered gets no answer here either. One that was answered before, or is too old,
 * is not carried out, so that a replay of the gateway runs nothing twice; one that was left half answered, as by a
 * crash, is. Never rejects.
 */
export async function answerInteraction(
  interaction: APIInteraction,
  context: InteractionContext,
): Promise<void> {
  const { commands, log, rest } = context;
  try {
    const invocation = readInvocation(interaction, context.connectorId, context.channel);
    if (invocation === null) return;
    const { command } = invocation;
    if (!(await commands.mayUse(invocation))) {
      log.debug("command not answered", { command });
      return;
    }
    if (!(await isOursToAnswer(interaction, context))) return;
    const text = await commands.run(invocation).catch((thrown: unknown) => {
      log.error("a command failed", { command, error: messageOf(thrown) });
      return "The command failed. The owner finds the reason in the logs.";
    });
    const answer = [...text].slice(0, messageLimit).join("");
    await rest.answerInteraction(interaction.application_id, interaction.token, answer);
  } catch (thrown) {
    log.warn("a command could not be answered", { error: messageOf(thrown) });
  }
}

/** @returns false when it was answered before. Rejects when it cannot be answered any more. */
async function isOursToAnswer(
  interaction: APIInteraction,
  { log, rest }: InteractionContext,
): Promise<boolean> {
  const { application_id: applicationId, id, token } = interaction;
  try {
    await rest.deferInteraction(id, token);
    return true;
  } catch (thrown) {
    const isKnown = !(thrown instanceof DiscordAPIError) || thrown.code === alreadyAcknowledged;
    if (!isKnown) throw thrown;
    // Acknowledged by an earlier process, or the answer to the request was lost: what Discord shows decides.
    const shown = await rest.interactionAnswer(applicationId, token);
    const isWaiting = ((shown.flags ?? 0) & MessageFlags.Loading) !== 0;
    log.debug("command acknowledged before", { interaction: id, answered: !isWaiting });
    return isWaiting;
  }
}
