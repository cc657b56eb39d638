import type { FastifyReply } from "fastify";
import {
  AccountLoginRequest,
  AccountLoginResponse,
  AccountLogoutRequest,
  AccountLogoutResponse,
  AccountParams,
  AccountRemoveRequest,
  AccountRemoveResponse,
  AccountsResponse,
  ApplyRequest,
  ApplyResponse,
  GuildChannelsRequest,
  GuildChannelsResponse,
  GuildsRequest,
  GuildsResponse,
  NamedAccountLogoutRequest,
  NamedAccountRemoveRequest,
  ProbeRequest,
  ProbeResponse,
  VerifyRequest,
  VerifyResponse,
} from "../../contracts/http-onboarding.ts";
import type { AccountDesk } from "../onboarding/account-desk.ts";
import type { OnboardingDesk } from "../onboarding/onboarding-desk.ts";
import type { ZodApp } from "./zod-app.ts";

export interface OnboardingRouteParts {
  /** Loaded with the first request: accounts are set up seldom. */
  readonly onboarding: () => Promise<{ readonly desk: OnboardingDesk; readonly accounts: AccountDesk }>;
}

const tags = ["onboarding"];

/** Setting up Discord accounts; alike on both surfaces. A request that is closed before its answer is taken back. */
export function addOnboardingRoutes(app: ZodApp, { onboarding }: OnboardingRouteParts): void {
  const setUp = "/channels/discord/onboarding";
  app.post(
    `${setUp}/probe`,
    {
      schema: {
        tags,
        summary: "Look whether an account could be set up as wished; changes nothing",
        body: ProbeRequest,
        response: { 200: ProbeResponse },
      },
    },
    async (request, reply) => (await onboarding()).desk.probe(request.body, goneSignal(reply)),
  );
  app.post(
    `${setUp}/guilds`,
    {
      schema: {
        tags,
        summary: "The servers the bot is in",
        body: GuildsRequest,
        response: { 200: GuildsResponse },
      },
    },
    async (request, reply) => (await onboarding()).desk.guilds(request.body, goneSignal(reply)),
  );
  app.post(
    `${setUp}/guild-channels`,
    {
      schema: {
        tags,
        summary: "The channels of a server, with what the bot may do in each",
        body: GuildChannelsRequest,
        response: { 200: GuildChannelsResponse },
      },
    },
    async (request, reply) => (await onboarding()).desk.guildChannels(request.body, goneSignal(reply)),
  );
  app.post(
    `${setUp}/apply`,
    {
      schema: {
        tags,
        summary: "Set an account up and connect it: all of it or nothing",
        body: ApplyRequest,
        response: { 200: ApplyResponse },
      },
    },
    async (request, reply) => (await onboarding()).desk.apply(request.body, goneSignal(reply)),
  );
  app.post(
    `${setUp}/verify`,
    {
      schema: {
        tags,
        summary: "Wait for the first message to the bot",
        body: VerifyRequest,
        response: { 200: VerifyResponse },
      },
    },
    async (request, reply) => (await onboarding()).desk.verify(request.body, goneSignal(reply)),
  );
  addAccountRoutes(app, onboarding);
}

function addAccountRoutes(app: ZodApp, onboarding: OnboardingRouteParts["onboarding"]): void {
  const accounts = "/channels/discord/accounts";
  app.get(
    accounts,
    { schema: { tags, summary: "The accounts in palyra.toml", response: { 200: AccountsResponse } } },
    async (_request, reply) => (await onboarding()).accounts.list(goneSignal(reply)),
  );
  app.post(
    `${accounts}/login`,
    {
      schema: {
        tags,
        summary: "Switch an account on and connect it, with its stored token or a new one",
        body: AccountLoginRequest,
        response: { 200: AccountLoginResponse },
      },
    },
    async (request, reply) => (await onboarding()).accounts.login(request.body, goneSignal(reply)),
  );
  app.post(
    `${accounts}/logout`,
    {
      schema: {
        tags,
        summary: "Disconnect an account and leave it so; its settings are kept",
        body: AccountLogoutRequest,
        response: { 200: AccountLogoutResponse },
      },
    },
    async (request, reply) => (await onboarding()).accounts.logout(request.body, goneSignal(reply)),
  );
  app.post(
    `${accounts}/remove`,
    {
      schema: {
        tags,
        summary: "Remove an account with its token and its queue",
        body: AccountRemoveRequest,
        response: { 200: AccountRemoveResponse },
      },
    },
    async (request, reply) => (await onboarding()).accounts.remove(request.body, goneSignal(reply)),
  );
  addNamedAccountRoutes(app, onboarding, `${accounts}/:account_id`);
}

/** The same for callers that name the account in the address. */
function addNamedAccountRoutes(
  app: ZodApp,
  onboarding: OnboardingRouteParts["onboarding"],
  one: string,
): void {
  app.post(
    `${one}/logout`,
    {
      schema: {
        tags,
        summary: "Disconnect the named account and leave it so; its settings are kept",
        params: AccountParams,
        body: NamedAccountLogoutRequest.nullish(),
        response: { 200: AccountLogoutResponse },
      },
    },
    async (request, reply) => {
      const asked = AccountLogoutRequest.parse({ ...request.body, ...request.params });
      return (await onboarding()).accounts.logout(asked, goneSignal(reply));
    },
  );
  app.post(
    `${one}/remove`,
    {
      schema: {
        tags,
        summary: "Remove the named account with its token and its queue",
        params: AccountParams,
        body: NamedAccountRemoveRequest,
        response: { 200: AccountRemoveResponse },
      },
    },
    async (request, reply) => {
      const asked = { ...request.body, ...request.params };
      return (await onboarding()).accounts.remove(asked, goneSignal(reply));
    },
  );
}

/** Fires when the caller goes away before it has its answer. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
