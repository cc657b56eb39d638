import type { Agent } from "node:http";
import { RateLimitError, type RawFile, REST, type RequestData } from "@discordjs/rest";
import {
  type APIApplication,
  type APIApplicationCommand,
  type APIChannel,
  type APIGatewayBotInfo,
  type APIGuild,
  type APIGuildChannel,
  type APIGuildMember,
  type APIMessage,
  type APIThreadChannel,
  type APIUser,
  type GuildChannelType,
  type RESTAPIPartialCurrentUserGuild,
  type RESTGetAPIChannelMessagesQuery,
  type RESTPatchAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
  type RESTPutAPIApplicationCommandsJSONBody,
  Routes,
} from "discord-api-types/v10";
import { PalyraError } from "../../platform/errors.ts";
import type { AdapterRateLimits } from "../connector-adapter.ts";
import { type Connecting, connectingTo, requestWhole } from "./bounded-request.ts";
import { mayRequest } from "./egress.ts";
import { withRateLimitHeaders } from "./rate-limit-answer.ts";
import { RateLimitNotes } from "./rate-limit-notes.ts";

/** Longest time one request may take, its answer included, in milliseconds. */
const defaultTimeoutMs = 15_000;
/** Waits for a rate limit a request that can wait makes before it gives up. */
const patientRounds = 5;
/** Longest of these waits, in milliseconds. */
const defaultPatientWaitMs = 60_000;

/** A page of archived threads (Discord, "List Public Archived Threads"). */
export interface ArchivedThreads {
  readonly threads: readonly APIThreadChannel[];
  readonly has_more: boolean;
}

/** The requests the adapter makes to Discord's REST API. Each is made once: who retries knows what it means. */
export class DiscordRest {
  readonly apiBase: URL;
  readonly #rest: REST;
  readonly #cancelReads: AbortSignal;
  readonly #limits = new RateLimitNotes();
  readonly #agent: Agent;
  readonly #timeoutMs: number;
  readonly #patientWaitMs: number;

  /**
   * @param apiBase without version, e.g. `https://discord.com/api`
   * @param cancelReads ends requests that only read; what was begun to be sent is always waited for
   * @param timeoutMs longest time of one request, its answer included
   * @param patientWaitMs longest wait for a rate limit; for a longer one the request fails at once
   */
  constructor(
    apiBase: URL,
    token: string,
    cancelReads: AbortSignal,
    timeoutMs = defaultTimeoutMs,
    patientWaitMs = defaultPatientWaitMs,
  ) {
    this.apiBase = apiBase;
    this.#timeoutMs = timeoutMs;
    this.#patientWaitMs = patientWaitMs;
    this.#cancelReads = cancelReads;
    const connecting = connectingTo(apiBase, { keepAlive: true });
    this.#agent = connecting.agent;
    this.#rest = new REST({
      api: apiBase.href.replace(/\/+$/, ""),
      version: "10",
      retries: 0,
      timeout: timeoutMs,
      rejectOnRateLimit: () => true,
      // The library types the options of its own copy of fetch, which this one takes as they are.
      makeRequest: (url, init) => requestOnce(url, init as unknown as RequestInit, apiBase, connecting),
    }).setToken(token);
  }

  /** Waits that Discord asks for now. */
  rateLimits(now: number): AdapterRateLimits {
    return this.#limits.read(now);
  }

  /** Address of the gateway and what is left of the session start limit. */
  gatewayBot(): Promise<APIGatewayBotInfo> {
    return this.#get<APIGatewayBotInfo>(Routes.gatewayBot());
  }

  ownUser(): Promise<APIUser> {
    return this.#read<APIUser>(Routes.user());
  }

  /**
   * At most 200 servers the bot is in, by id.
   * @param after only those with a higher id; null for the first page
   */
  ownGuilds(after: string | null, limit: number): Promise<RESTAPIPartialCurrentUserGuild[]> {
    const query = new URLSearchParams({ limit: String(limit), ...(after === null ? {} : { after }) });
    return this.#read<RESTAPIPartialCurrentUserGuild[]>(Routes.userGuilds(), { query });
  }

  /** All channels of a server, without threads. */
  guildChannels(guildId: string): Promise<APIGuildChannel<GuildChannelType>[]> {
    return this.#read<APIGuildChannel<GuildChannelType>[]>(Routes.guildChannels(guildId));
  }

  channel(channelId: string): Promise<APIChannel> {
    return this.#read<APIChannel>(Routes.channel(channelId));
  }

  guild(guildId: string): Promise<APIGuild> {
    return this.#read<APIGuild>(Routes.guild(guildId));
  }

  member(guildId: string, userId: string): Promise<APIGuildMember> {
    return this.#read<APIGuildMember>(Routes.guildMember(guildId, userId));
  }

  message(channelId: string, messageId: string): Promise<APIMessage> {
    return this.#read<APIMessage>(Routes.channelMessage(channelId, messageId));
  }

  /** At most 100 messages. */
  messages(channelId: string, page: RESTGetAPIChannelMessagesQuery): Promise<APIMessage[]> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(page)) query.set(name, String(value));
    return this.#read<APIMessage[]>(Routes.channelMessages(channelId), { query });
  }

  /** At most 100 messages that came after the given one. */
  messagesAfter(channelId: string, messageId: string): Promise<APIMessage[]> {
    return this.messages(channelId, { after: messageId, limit: 100 });
  }

  /**
   * At most 100 public threads of a channel that are archived, those archived last first.
   * @param before only those archived before this instant (ISO 8601); null for the first page
   */
  archivedThreads(channelId: string, before: string | null): Promise<ArchivedThreads> {
    const query = new URLSearchParams({ limit: "100", ...(before === null ? {} : { before }) });
    return this.#read<ArchivedThreads>(Routes.channelThreads(channelId, "public"), { query });
  }

  /**
   * At most 100 private threads of a channel that are archived and that the bot has joined, the newest first: those of
   * others are not told.
   * @param before only threads with a lower id; null for the first page
   */
  joinedArchivedThreads(channelId: string, before: string | null): Promise<ArchivedThreads> {
    const query = new URLSearchParams({ limit: "100", ...(before === null ? {} : { before }) });
    return this.#read<ArchivedThreads>(Routes.channelJoinedArchivedThreads(channelId), { query });
  }

  /** @param files are uploaded with the message */
  async createMessage(
    channelId: string,
    body: RESTPostAPIChannelMessageJSONBody,
    files: readonly RawFile[] = [],
  ): Promise<APIMessage> {
    const route = Routes.channelMessages(channelId);
    const data = files.length === 0 ? { body } : { body, files: [...files] };
    return (await this.#once(() =>
      this.#rest.post(route, { ...data, signal: this.#deadline() }),
    )) as APIMessage;
  }

  async editMessage(
    channelId: string,
    messageId: string,
    body: RESTPatchAPIChannelMessageJSONBody,
  ): Promise<APIMessage> {
    const route = Routes.channelMessage(channelId, messageId);
    return (await this.#patiently(() =>
      this.#rest.patch(route, { body, signal: this.#deadline() }),
    )) as APIMessage;
  }

  async deleteMessage(channelId: string, messageId: string): Promise<void> {
    const route = Routes.channelMessage(channelId, messageId);
    await this.#patiently(() => this.#rest.delete(route, { signal: this.#deadline() }));
  }

  /** @param emoji as it stands in a path, see `emojiInPath` */
  async addReaction(channelId: string, messageId: string, emoji: string): Promise<void> {
    const route = Routes.channelMessageOwnReaction(channelId, messageId, emoji);
    await this.#patiently(() => this.#rest.put(route, { signal: this.#deadline() }));
  }

  /** @param emoji as it stands in a path, see `emojiInPath` */
  async removeReaction(channelId: string, messageId: string, emoji: string): Promise<void> {
    const route = Routes.channelMessageOwnReaction(channelId, messageId, emoji);
    await this.#patiently(() => this.#rest.delete(route, { signal: this.#deadline() }));
  }

  async showTyping(channelId: string): Promise<void> {
    await this.#once(() => this.#rest.post(Routes.channelTyping(channelId), { signal: this.#deadline() }));
  }

  /** The bot's own application. */
  application(): Promise<APIApplication> {
    return this.#read<APIApplication>(Routes.currentApplication());
  }

  /** Commands of the application that hold everywhere. */
  commands(applicationId: string): Promise<APIApplicationCommand[]> {
    return this.#read<APIApplicationCommand[]>(Routes.applicationCommands(applicationId));
  }

  /** Replaces all commands of the application that hold everywhere. */
  async putCommands(
    applicationId: string,
    commands: RESTPutAPIApplicationCommandsJSONBody,
  ): Promise<APIApplicationCommand[]> {
    const route = Routes.applicationCommands(applicationId);
    const put = (): Promise<unknown> => this.#rest.put(route, { body: commands, signal: this.#deadline() });
    return (await this.#patiently(put)) as APIApplicationCommand[];
  }

  /** First answer to an interaction: says that the real one is being made, to its sender only. */
  async deferInteraction(interactionId: string, token: string): Promise<void> {
    const route = Routes.interactionCallback(interactionId, token);
    const body = { type: 5, data: { flags: 64 } };
    // The token in the path is the authorisation; Discord allows three seconds.
    const signal = AbortSignal.timeout(3_000);
    await this.#once(() => this.#rest.post(route, { body, auth: false, signal }));
  }

  /** The first answer to an interaction as it is now. Rejects when none was given. */
  interactionAnswer(applicationId: string, token: string): Promise<APIMessage> {
    const route = Routes.webhookMessage(applicationId, token, "@original");
    return this.#read<APIMessage>(route, { auth: false });
  }

  async answerInteraction(applicationId: string, token: string, content: string): Promise<void> {
    const route = Routes.webhookMessage(applicationId, token, "@original");
    const body = { content, allowed_mentions: { parse: [] } };
    await this.#patiently(() => this.#rest.patch(route, { body, auth: false, signal: this.#deadline() }));
  }

  /** Stops the timers of the library and lets go of connections that wait for a next request. */
  dispose(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
    this.#rest.clearHashSweeper();
    this.#rest.clearHandlerSweeper();
  }

  #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#timeoutMs);
  }

  #read<T>(route: `/${string}`, options: RequestData = {}): Promise<T> {
    return this.#patiently(() => this.#get<T>(route, options));
  }

  #get<T>(route: `/${string}`, options: RequestData = {}): Promise<T> {
    const signal = AbortSignal.any([this.#deadline(), this.#cancelReads]);
    return this.#once(async () => (await this.#rest.get(route, { ...options, signal })) as T);
  }

  async #once<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (thrown) {
      if (thrown instanceof RateLimitError) this.#limits.note(thrown, Date.now());
      throw thrown;
    }
  }

  async #patiently<T>(request: () => Promise<T>): Promise<T> {
    for (let round = 1; ; round += 1) {
      try {
        return await this.#once(request);
      } catch (thrown) {
        if (!(thrown instanceof RateLimitError) || round >= patientRounds) throw thrown;
        const wait = Math.max(thrown.retryAfter, thrown.sublimitTimeout, 250);
        // Whoever asked tries again later; meanwhile it is not even asked for.
        if (wait > this.#patientWaitMs) throw thrown;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }
}

async function requestOnce(
  url: string,
  init: RequestInit,
  apiBase: URL,
  connecting: Connecting,
): Promise<Response> {
  if (!mayRequest(url, apiBase)) {
    throw new PalyraError("forbidden", "A request would have left the configured Discord API.");
  }
  return await withRateLimitHeaders(await requestWhole(url, init, connecting), Date.now());
}
