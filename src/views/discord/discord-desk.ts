import type * as z from "zod";
import { TestSendResponse } from "../../contracts/http-channels.ts";
import {
  AccountLoginResponse,
  AccountLogoutResponse,
  AccountRemoveResponse,
  AccountsResponse,
  type ApplyRequest,
  ApplyResponse,
  GuildChannelsResponse,
  GuildsResponse,
  onboardingTimes,
  type ProbeRequest,
  ProbeResponse,
  VerifyResponse,
} from "../../contracts/http-onboarding.ts";
import type { GatewayApi } from "../gateway-api.ts";

/** Pages of servers and channels that are fetched at most. */
const pageLimit = 10;
/** What a request may take beyond the time the gateway itself waits, in milliseconds. */
const marginMs = 10_000;
const base = "/channels/discord";

type Input<Schema extends z.ZodType> = z.input<Schema>;
export type Preflight = ProbeResponse["preflight"];
export type Guild = GuildsResponse["guilds"][number];
export type Channel = GuildChannelsResponse["channels"][number];
export type Account = AccountsResponse["accounts"][number];

/** Which account at which Discord, with which token. */
export interface Credential {
  readonly account_id: string;
  readonly token?: string;
  readonly api_base?: string;
}

/** What the gateway does for the dialogues about Discord accounts. */
export class DiscordDesk {
  readonly #api: GatewayApi;

  constructor(api: GatewayApi) {
    this.#api = api;
  }

  async accounts(): Promise<readonly Account[]> {
    return (await this.#api.get(`${base}/accounts`, AccountsResponse)).accounts;
  }

  async probe(request: Input<typeof ProbeRequest>, signal?: AbortSignal): Promise<Preflight> {
    const options = signal === undefined ? {} : { signal };
    return (await this.#api.post(`${base}/onboarding/probe`, request, ProbeResponse, options)).preflight;
  }

  async guilds(credential: Credential, signal: AbortSignal): Promise<readonly Guild[]> {
    return await allPages(async (after) => {
      const body = { ...credential, ...after };
      const page = await this.#api.post(`${base}/onboarding/guilds`, body, GuildsResponse, { signal });
      return { entries: page.guilds, next: page.next_after };
    });
  }

  async channels(credential: Credential, guild_id: string, signal: AbortSignal): Promise<readonly Channel[]> {
    return await allPages(async (after) => {
      const body = { ...credential, guild_id, ...after };
      const path = `${base}/onboarding/guild-channels`;
      const page = await this.#api.post(path, body, GuildChannelsResponse, { signal });
      return { entries: page.channels, next: page.next_after };
    });
  }

  /** All of it or nothing; when the signal fires before it is done, nothing. */
  async apply(request: Input<typeof ApplyRequest>, signal: AbortSignal): Promise<ApplyResponse> {
    const timeoutMs = onboardingTimes.connectDefault + marginMs;
    return await this.#api.post(`${base}/onboarding/apply`, request, ApplyResponse, { signal, timeoutMs });
  }

  /** Waits for what somebody writes to the bot. */
  async verify(account_id: string, channel_id: string | null, signal: AbortSignal): Promise<VerifyResponse> {
    const timeout_ms = onboardingTimes.verifyMax;
    const body = { account_id, timeout_ms, ...(channel_id === null ? {} : { channel_id }) };
    const options = { signal, timeoutMs: timeout_ms + marginMs };
    return await this.#api.post(`${base}/onboarding/verify`, body, VerifyResponse, options);
  }

  async testSend(connectorId: string, target: string, text: string): Promise<TestSendResponse["dispatch"]> {
    const path = `/channels/${encodeURIComponent(connectorId)}/test-send`;
    const body = { target: `channel:${target}`, text, confirm: true };
    return (await this.#api.post(path, body, TestSendResponse)).dispatch;
  }

  /** @param token a new one; null = the stored one */
  async login(account_id: string, token: string | null): Promise<AccountLoginResponse> {
    const timeoutMs = onboardingTimes.connectDefault + marginMs;
    const body = { account_id, ...(token === null ? {} : { token }) };
    return await this.#api.post(`${base}/accounts/login`, body, AccountLoginResponse, { timeoutMs });
  }

  async logout(account_id: string, delete_credential: boolean): Promise<AccountLogoutResponse> {
    return await this.#api.post(
      `${base}/accounts/logout`,
      { account_id, delete_credential },
      AccountLogoutResponse,
    );
  }

  async remove(account_id: string, keep_credential: boolean): Promise<AccountRemoveResponse> {
    const body = { account_id, confirm: true, keep_credential };
    return await this.#api.post(`${base}/accounts/remove`, body, AccountRemoveResponse);
  }
}

async function allPages<T>(
  fetchPage: (after: { after?: string }) => Promise<{ entries: readonly T[]; next: string | null }>,
): Promise<readonly T[]> {
  const entries: T[] = [];
  let after: { after?: string } = {};
  for (let page = 0; page < pageLimit; page += 1) {
    const found = await fetchPage(after);
    entries.push(...found.entries);
    if (found.next === null) break;
    after = { after: found.next };
  }
  return entries;
}
