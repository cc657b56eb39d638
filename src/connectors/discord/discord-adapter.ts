import type { RawFile } from "@discordjs/rest";
import type { APIInteraction } from "discord-api-types/v10";
import type { DeliveryOutcome, OutboundMessageRequest } from "../../contracts/connector.ts";
import type {
  DeleteMessageRequest,
  EditMessageRequest,
  MessageChange,
  MessageLocator,
  MessageMutationResult,
  ReactionRequest,
  ReadMessagesRequest,
  ReadMessagesResult,
  SearchMessagesRequest,
  SearchMessagesResult,
} from "../../contracts/message-admin.ts";
import { messageOf, PalyraError } from "../../platform/errors.ts";
import type { AttachmentSetup, FetchResult, WantedFiles } from "../attachments/fetched-file.ts";
import type {
  AdapterHost,
  AdapterRateLimits,
  AdapterState,
  ConnectorAdapter,
  HealthRefresh,
  HealthRefreshRequest,
} from "../connector-adapter.ts";
import type { ConnectorLogger } from "../logger.ts";
import { splitMessage } from "../split-message.ts";
import { AccountLoop } from "./account-loop.ts";
import { AccountState } from "./account-state.ts";
import { refreshHealth } from "./admin/health.ts";
import { MessageAdmin } from "./admin/message-admin.ts";
import { fetchAttachments } from "./attachments/fetch-attachments.ts";
import { filesToSend } from "./attachments/files-to-send.ts";
import { ChannelDirectory } from "./channel-directory.ts";
import { answerInteraction, type NativeCommandHost } from "./commands/answer-interaction.ts";
import { syncCommands } from "./commands/sync-commands.ts";
import type { DiscordRest } from "./discord-rest.ts";
import { checkApiBase } from "./egress.ts";
import { emojiInPath } from "./emoji.ts";
import { channelOf, conversationOf, isSnowflake } from "./ids.ts";
import { attachmentsOf } from "./normalise-message.ts";
import { findSentMessage, sendMessage } from "./sender.ts";

/** Longest text of one Discord message, in characters. */
const messageLimit = 2_000;

export interface DiscordAdapterOptions {
  readonly connectorId: string;
  readonly apiBase: string;
  /** Reference of the bot token. */
  readonly tokenRef: string;
  /** User ids of bots that are answered; none by default. */
  readonly answeredBots?: ReadonlySet<string>;
  readonly host: AdapterHost;
  readonly log: ConnectorLogger;
  /** Files both ways; without it none are fetched or sent. */
  readonly attachments?: AttachmentSetup;
  /** Slash commands; none are registered without. */
  readonly commands?: NativeCommandHost;
}

/** One bot account on Discord. Everything it knows is its own: several accounts share nothing. */
export class DiscordAdapter implements ConnectorAdapter {
  readonly typingIntervalMs = 8_000;
  readonly #options: DiscordAdapterOptions;
  readonly #directory = new ChannelDirectory((channelId, note) => this.#note(channelId, note));
  /** Interactions that are being answered: an interrupted connection brings them again. */
  readonly #interactions = new Set<string>();
  readonly #state: AccountState;
  readonly #loop: AccountLoop;

  constructor(options: DiscordAdapterOptions) {
    this.#options = options;
    this.#state = new AccountState(() => options.host.stateChanged());
    const { answeredBots = new Set(), apiBase, connectorId, host, log, tokenRef } = options;
    this.#loop = new AccountLoop({
      connectorId,
      apiBase,
      tokenRef,
      answeredBots,
      host,
      log,
      state: this.#state,
      directory: this.#directory,
      prepare: () => this.#recallChannels(),
      onSession: (rest, applicationId) => this.#syncCommands(rest, applicationId),
      onInteraction: (rest, interaction) => this.#answerInteraction(rest, interaction),
    });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    this.#state.set({ phase: "stopped" });
  }

  dispose(): void {
    this.#state.dispose();
    this.#loop.dispose();
  }

  state(): AdapterState {
    return this.#state.read();
  }

  split(text: string): string[] {
    return splitMessage(text, messageLimit);
  }

  async send(request: OutboundMessageRequest): Promise<DeliveryOutcome> {
    const { rest } = this.#loop;
    if (rest === null) {
      const reason = "the connector has no token yet";
      return { kind: "retry", class: "connector_restarting", reason, retry_after_ms: null };
    }
    const { attachments, host } = this.#options;
    let files: RawFile[];
    try {
      files = await filesToSend(request.attachments ?? [], attachments ?? null, (entry) => host.note(entry));
    } catch (thrown) {
      const reason = `the files of the message cannot be read: ${messageOf(thrown)}`;
      return { kind: "retry", class: "transient_network", reason, retry_after_ms: null };
    }
    const outcome = await sendMessage(rest, request, files);
    if (outcome.kind === "permanent_failure" && outcome.class === "auth_failed") this.#loop.refuseToken();
    return outcome;
  }

  async findSent(
    request: OutboundMessageRequest,
    notBefore: number,
    others: ReadonlySet<string>,
  ): Promise<string | null> {
    const { rest, botUserId } = this.#account();
    return await findSentMessage(rest, request, { botUserId, notBefore, others });
  }

  async showTyping(conversationId: string): Promise<void> {
    const channel = channelOf(conversationId);
    const { rest } = this.#loop;
    if (channel === null || rest === null) return;
    try {
      await rest.showTyping(channel);
    } catch (thrown) {
      this.#options.log.debug("typing could not be shown", { error: messageOf(thrown) });
    }
  }

  async react(conversationId: string, providerMessageId: string, emoji: string): Promise<void> {
    const channel = channelOf(conversationId);
    const inPath = emojiInPath(emoji);
    const { rest } = this.#loop;
    if (channel === null || !isSnowflake(providerMessageId) || rest === null) return;
    if (inPath === null) {
      this.#options.log.warn("the reaction is no emoji", { conversation: conversationId });
      return;
    }
    try {
      await rest.addReaction(channel, providerMessageId, inPath);
    } catch (thrown) {
      this.#options.log.debug("the reaction could not be added", { error: messageOf(thrown) });
    }
  }

  conversationName(conversationId: string): string | null {
    const channel = channelOf(conversationId);
    return channel === null ? null : this.#directory.nameOf(channel);
  }

  rateLimits(): AdapterRateLimits {
    return this.#loop.rest?.rateLimits(Date.now()) ?? { globalRetryAfterMs: null, routes: [] };
  }

  async refreshHealth(request: HealthRefreshRequest): Promise<HealthRefresh> {
    const { rest } = this.#loop;
    if (rest === null) throw noAccount();
    return await refreshHealth(rest, request);
  }

  async readMessages(request: ReadMessagesRequest): Promise<ReadMessagesResult> {
    return await this.#admin().read(request);
  }

  async searchMessages(request: SearchMessagesRequest): Promise<SearchMessagesResult> {
    return await this.#admin().search(request);
  }

  async editMessage(request: EditMessageRequest): Promise<MessageMutationResult> {
    return await this.#admin().edit(request);
  }

  async deleteMessage(request: DeleteMessageRequest): Promise<MessageMutationResult> {
    return await this.#admin().delete(request);
  }

  async addReaction(request: ReactionRequest): Promise<MessageMutationResult> {
    return await this.#admin().addReaction(request);
  }

  async removeReaction(request: ReactionRequest): Promise<MessageMutationResult> {
    return await this.#admin().removeReaction(request);
  }

  async mutationRefusal(
    change: MessageChange,
    locator: MessageLocator,
  ): Promise<MessageMutationResult | null> {
    return await this.#admin().refusal(change, locator);
  }

  async fetchAttachments(wanted: WantedFiles): Promise<ReadonlyMap<string, FetchResult>> {
    const { rest } = this.#account();
    const setup = this.#options.attachments;
    if (setup === undefined) return new Map();
    const apiBase = checkApiBase(this.#options.apiBase);
    const message = (channel: string, id: string) => rest.message(channel, id);
    return await fetchAttachments({ message, attachmentsOf, apiBase }, wanted, setup);
  }

  credentialsChanged(ref: string | null): void {
    this.#loop.credentialsChanged(ref);
  }

  #admin(): MessageAdmin {
    const { rest, botUserId } = this.#account();
    return new MessageAdmin(rest, botUserId);
  }

  #account(): { rest: DiscordRest; botUserId: string } {
    const botUserId = this.#state.facts.accountId;
    const { rest } = this.#loop;
    if (rest === null || botUserId === null) throw noAccount();
    return { rest, botUserId };
  }

  /** Brings back what channels are called: after a resumed session Discord does not tell again. */
  async #recallChannels(): Promise<void> {
    try {
      for (const [conversationId, note] of await this.#options.host.loadNotes()) {
        const channel = channelOf(conversationId);
        if (channel !== null) this.#directory.recall(channel, note);
      }
    } catch (thrown) {
      // Without them, channels are looked up when they are needed.
      this.#options.log.warn("the names of channels could not be read", { error: messageOf(thrown) });
    }
  }

  #note(channelId: string, note: string): void {
    this.#options.host.saveNote(conversationOf(channelId), note).catch((thrown: unknown) => {
      this.#options.log.warn("the name of a channel could not be kept", { error: messageOf(thrown) });
    });
  }

  #syncCommands(rest: DiscordRest, applicationId: string | null): void {
    const { commands, connectorId, log } = this.#options;
    if (commands === undefined) return;
    void syncCommands({
      connectorId,
      applicationId,
      catalog: commands.catalog,
      rest,
      load: () => commands.loadSync(),
      save: (state) => commands.saveSync(state),
      log,
    });
  }

  async #answerInteraction(rest: DiscordRest, interaction: APIInteraction): Promise<void> {
    const { commands, connectorId, log } = this.#options;
    const id = interaction.id;
    if (commands === undefined || this.#interactions.has(id)) return;
    this.#interactions.add(id);
    const channel = this.#directory.get(String(interaction.channel?.id));
    await answerInteraction(interaction, { connectorId, channel, rest, commands, log });
    this.#interactions.delete(id);
  }
}

function noAccount(): PalyraError {
  return new PalyraError("service_unavailable", "The connector does not know its own account yet.");
}
