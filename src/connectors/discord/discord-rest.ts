import { RateLimitError, REST, type RequestData } from "@discordjs/rest";
import {
  type APIChannel,
  type APIGatewayBotInfo,
  type APIMessage,
  type RESTPostAPIChannelMessageJSONBody,
  Routes,
} from "discord-api-types/v10";

/** Longest time one request may take, its body included, in milliseconds. */
const requestTimeoutMs = 15_000;
/** Waits for a rate limit a request that can wait makes before it gives up. */
const patientRounds = 5;

/** The requests the adapter makes to Discord's REST API. Each is made once: who retries knows what it means. */
export class DiscordRest {
  readonly #rest: REST;
  readonly #cancelReads: AbortSignal;

  /**
   * @param apiBase without version, e.g. `https://discord.com/api`
   * @param cancelReads ends requests that only read; what was begun to be sent is always waited for
   */
  constructor(apiBase: string, token: string, cancelReads: AbortSignal) {
    this.#cancelReads = cancelReads;
    this.#rest = new REST({
      api: apiBase.replace(/\/+$/, ""),
      version: "10",
      retries: 0,
      timeout: requestTimeoutMs,
      rejectOnRateLimit: () => true,
      // The library types the options of its own copy of fetch, which this one takes as they are.
      makeRequest: (url, init) => requestOnce(url, init as unknown as RequestInit),
    }).setToken(token);
  }

  /** Address of the gateway and what is left of the session start limit. */
  gatewayBot(): Promise<APIGatewayBotInfo> {
    return this.#get<APIGatewayBotInfo>(Routes.gatewayBot());
  }

  channel(channelId: string): Promise<APIChannel> {
    return patiently(() => this.#get<APIChannel>(Routes.channel(channelId)));
  }

  /** At most 100 messages that came after the given one. */
  messagesAfter(channelId: string, messageId: string): Promise<APIMessage[]> {
    const query = new URLSearchParams({ after: messageId, limit: "100" });
    return patiently(() => this.#get<APIMessage[]>(Routes.channelMessages(channelId), { query }));
  }

  async createMessage(channelId: string, body: RESTPostAPIChannelMessageJSONBody): Promise<APIMessage> {
    const route = Routes.channelMessages(channelId);
    const answer: unknown = await this.#rest.post(route, { body, signal: deadline() });
    return answer as APIMessage;
  }

  async showTyping(channelId: string): Promise<void> {
    await this.#rest.post(Routes.channelTyping(channelId), { signal: deadline() });
  }

  /** Stops the timers of the library. */
  dispose(): void {
    this.#rest.clearHashSweeper();
    this.#rest.clearHandlerSweeper();
  }

  async #get<T>(route: `/${string}`, options: RequestData = {}): Promise<T> {
    const signal = AbortSignal.any([deadline(), this.#cancelReads]);
    const answer: unknown = await this.#rest.get(route, { ...options, signal });
    return answer as T;
  }
}

function deadline(): AbortSignal {
  return AbortSignal.timeout(requestTimeoutMs);
}

/** A redirect could carry the token to another host and is never followed. */
function requestOnce(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, { ...init, redirect: "manual" });
}

async function patiently<T>(request: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round += 1) {
    try {
      return await request();
    } catch (thrown) {
      if (!(thrown instanceof RateLimitError) || round >= patientRounds) throw thrown;
      const wait = Math.max(thrown.retryAfter, thrown.sublimitTimeout, 250);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}
