import {
  type AccountLoginRequest,
  AccountLoginResponse,
  AccountsResponse,
  type ApplyRequest,
  ApplyResponse,
  GuildChannelsResponse,
  GuildsResponse,
  onboardingTimes,
  type Preflight,
  type ProbeRequest,
  ProbeResponse,
  VerifyResponse,
} from "../../../contracts/http-onboarding.ts";
import type { GatewayClient } from "../../gateway-client.ts";

/** Beyond the time the gateway has for something, in milliseconds. */
const graceMs = 15_000;

/** Token and place of an account, as every request of the set-up takes them. */
export type Credential = Pick<ProbeRequest, "account_id" | "token" | "api_base">;

/** The requests of an account's set-up. A signal ends them, and takes back what was not done. */
export class DiscordSetup {
  readonly #gateway: GatewayClient;

  constructor(gateway: GatewayClient) {
    this.#gateway = gateway;
  }

  async accounts(signal?: AbortSignal): Promise<AccountsResponse["accounts"]> {
    const path = "/channels/discord/accounts";
    return (await this.#gateway.get(path, AccountsResponse, signal === undefined ? {} : { signal })).accounts;
  }

  async probe(request: ProbeRequest, signal?: AbortSignal): Promise<Preflight> {
    const path = "/channels/discord/onboarding/probe";
    return (
      await this.#gateway.post(path, request, ProbeResponse, options(onboardingTimes.connectDefault, signal))
    ).preflight;
  }

  /** All servers the bot is in. */
  async guilds(credential: Credential, signal?: AbortSignal): Promise<GuildsResponse["guilds"]> {
    const path = "/channels/discord/onboarding/guilds";
    const found: GuildsResponse["guilds"] = [];
    let after: string | null = null;
    do {
      const page: GuildsResponse = await this.#gateway.post(
        path,
        { ...credential, ...(after === null ? {} : { after }) },
        GuildsResponse,
        options(onboardingTimes.connectDefault, signal),
      );
      found.push(...page.guilds);
      after = page.next_after;
    } while (after !== null);
    return found;
  }

  /** All channels of a server in which the bot could write. */
  async channels(
    credential: Credential,
    guildId: string,
    signal?: AbortSignal,
  ): Promise<GuildChannelsResponse["channels"]> {
    const path = "/channels/discord/onboarding/guild-channels";
    const found: GuildChannelsResponse["channels"] = [];
    let after: string | null = null;
    do {
      const page: GuildChannelsResponse = await this.#gateway.post(
        path,
        { ...credential, guild_id: guildId, ...(after === null ? {} : { after }) },
        GuildChannelsResponse,
        options(onboardingTimes.connectDefault, signal),
      );
      found.push(...page.channels);
      after = page.next_after;
    } while (after !== null);
    return found;
  }

  async apply(request: ApplyRequest, signal?: AbortSignal): Promise<ApplyResponse> {
    const path = "/channels/discord/onboarding/apply";
    return await this.#gateway.post(path, request, ApplyResponse, options(request.timeout_ms, signal));
  }

  async login(request: AccountLoginRequest): Promise<AccountLoginResponse> {
    const path = "/channels/discord/accounts/login";
    return await this.#gateway.post(path, request, AccountLoginResponse, options(request.timeout_ms));
  }

  /** Waits for the first message somebody writes to the bot. */
  async firstMessage(accountId: string, timeoutMs: number, signal?: AbortSignal): Promise<VerifyResponse> {
    const path = "/channels/discord/onboarding/verify";
    const request = { account_id: accountId, timeout_ms: timeoutMs };
    return await this.#gateway.post(path, request, VerifyResponse, options(timeoutMs, signal));
  }
}

function options(timeoutMs: number, signal?: AbortSignal): { timeoutMs: number; signal?: AbortSignal } {
  return { timeoutMs: timeoutMs + graceMs, ...(signal === undefined ? {} : { signal }) };
}
