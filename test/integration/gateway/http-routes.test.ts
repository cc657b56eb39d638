import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type * as z from "zod";
import { ErrorEnvelope } from "../../../src/contracts/errors.ts";
import { AdminStatusResponse, HealthzResponse } from "../../../src/contracts/http.ts";
import { ApprovalResponse, ApprovalsResponse } from "../../../src/contracts/http-approvals.ts";
import {
  ApprovalRequired,
  ChannelActionResponse,
  ChannelStatusResponse,
  ChannelsResponse,
  EnabledResponse,
  HealthRefreshResponse,
  LogsResponse,
  ReadMessagesResponse,
  SearchMessagesResponse,
  TestMessageResponse,
  TestSendResponse,
} from "../../../src/contracts/http-channels.ts";
import { LogoutResponse, SessionResponse } from "../../../src/contracts/http-console.ts";
import {
  AccountLoginResponse,
  AccountLogoutResponse,
  AccountRemoveResponse,
  AccountsResponse,
  ApplyResponse,
  GuildChannelsResponse,
  GuildsResponse,
  ProbeResponse,
  VerifyResponse,
} from "../../../src/contracts/http-onboarding.ts";
import {
  PairingCodeResponse,
  PairingDecisionResponse,
  PairingsResponse,
  RoutePreviewResponse,
  RouterRulesResponse,
  RouterWarningsResponse,
} from "../../../src/contracts/http-router.ts";
import { GatewayScene } from "../../support/sidecar/gateway-scene.ts";
import type { ControlLink } from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";
import { useWebhookRoutes } from "../../support/webhooks/use-webhook-routes.ts";

interface Operation {
  readonly responses?: Record<string, { readonly content?: object } | undefined>;
  readonly security?: readonly object[];
  readonly parameters?: readonly { readonly name: string }[];
  readonly requestBody?: { readonly required: boolean };
}

interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: { readonly ErrorEnvelope?: { readonly required: string[] } } };
}

/** What a caller has to show. */
function securityOf(method: string, route: string): object[] {
  if (route.startsWith("/admin/v1/") || route === "/metrics") return [{ adminToken: [] }];
  if (!route.startsWith("/console/v1/") || route === "/console/v1/auth/login") return [];
  return [method === "get" ? { consoleSession: [] } : { consoleSession: [], csrfToken: [] }];
}

const settings = 'inbound_scope = "open_guild_channels" # mine\ndirect_message_policy = "pairing"\n';

describe("The gateway's routes", () => {
  let scene: GatewayScene;
  let link: ControlLink;
  let bearer: Record<string, string> = {};
  /** Routes that were answered as their schema says, as the document names them. */
  const seen = new Set<string>();

  before(async () => {
    scene = await GatewayScene.open({ settings });
    ({ link } = await scene.startConnected());
    bearer = { authorization: `Bearer ${scene.boot.tokens[0] ?? ""}` };
  });
  after(() => scene.close());

  const send = async (
    method: string,
    target: string,
    options: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Response> => {
    // A window of the rate limit holds fewer requests than the tests of all routes make.
    const json = options.body === undefined ? {} : { "content-type": "application/json" };
    return await fetch(`http://127.0.0.1:${link.port()}${target}`, {
      method,
      headers: { ...bearer, ...json, ...options.headers },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  };
  const call = async <T>(
    schema: z.ZodType<T>,
    method: string,
    route: string,
    values: Record<string, string> = {},
    options: { body?: unknown; headers?: Record<string, string>; query?: string; status?: number } = {},
  ): Promise<T> => {
    const target = Object.entries(values).reduce(
      (text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(value)),
      route,
    );
    const response = await send(method, target + (options.query ?? ""), options);
    const body: unknown = await response.json();
    assert.equal(response.status, options.status ?? 200, `${method} ${route}: ${JSON.stringify(body)}`);
    seen.add(`${method.toLowerCase()} ${route}`);
    return schema.parse(body);
  };

  const signIn = async (principal = "admin:local"): Promise<Record<string, string>> => {
    const response = await send("POST", "/console/v1/auth/login", {
      body: { admin_token: scene.boot.tokens[0], principal },
    });
    assert.equal(response.status, 200);
    const cookie = (response.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
    const session = SessionResponse.parse(await response.json());
    seen.add("post /console/v1/auth/login");
    return { cookie, "x-palyra-csrf-token": session.csrf_token, authorization: "" };
  };

  /** Sets a second account up, and removes it. */
  const useOnboarding = async (surface: string, headers: Record<string, string>): Promise<void> => {
    const { world, lab, apiBase } = scene.simulator;
    const token = `second-bot-of.${surface.replaceAll("/", ".")}.token`;
    const privilegedIntents = { presence: false, guildMembers: false, messageContent: true };
    const bot = world.addBot({ name: "second", token, ownerId: lab.people.ada.id, privilegedIntents });
    world.addMember(lab.guild.id, bot.userId);
    const post = <T>(schema: z.ZodType<T>, route: string, body: object): Promise<T> =>
      call(schema, "POST", `${surface}/channels/discord/${route}`, {}, { headers, body });
    const wish = { account_id: "second", token, api_base: apiBase };
    const probed = await post(ProbeResponse, "onboarding/probe", wish);
    assert.equal(probed.preflight.ready, true);
    const { guilds } = await post(GuildsResponse, "onboarding/guilds", wish);
    assert.equal(guilds.length, 1);
    const inGuild = { ...wish, guild_id: lab.guild.id };
    const { channels } = await post(GuildChannelsResponse, "onboarding/guild-channels", inGuild);
    assert.ok(channels.length > 0);
    const applied = await post(ApplyResponse, "onboarding/apply", wish);
    assert.equal(applied.connector?.liveness, "running");
    const account = { account_id: "second" };
    const heard = await post(VerifyResponse, "onboarding/verify", { ...account, timeout_ms: 1_000 });
    assert.equal(heard.outcome, "nothing_heard");
    const listed = await call(
      AccountsResponse,
      "GET",
      `${surface}/channels/discord/accounts`,
      {},
      { headers },
    );
    assert.deepEqual(
      listed.accounts.map(({ account_id }) => account_id),
      ["default", "second"],
    );
    await post(AccountLogoutResponse, "accounts/logout", account);
    await post(AccountLoginResponse, "accounts/login", account);
    await post(AccountRemoveResponse, "accounts/remove", { ...account, confirm: true });
    await post(ApplyResponse, "onboarding/apply", wish);
    const named = `${surface}/channels/discord/accounts/{account_id}`;
    await call(AccountLogoutResponse, "POST", `${named}/logout`, account, { headers });
    const body = { confirm: true };
    const removed = await call(AccountRemoveResponse, "POST", `${named}/remove`, account, { headers, body });
    assert.equal(removed.credential_deleted, true);
  };

  const useEveryRoute = async (surface: string, headers: Record<string, string>): Promise<void> => {
    const one = `${surface}/channels/{connector_id}`;
    const id = { connector_id: "discord:default" };
    const general = scene.simulator.people.findChannel("general").id;
    const conversation_id = `discord:channel:${general}`;
    await useOnboarding(surface, headers);
    await useWebhookRoutes(call, surface, headers, "global/discord_bot_token");
    const listed = await call(ChannelsResponse, "GET", `${surface}/channels`, {}, { headers });
    assert.deepEqual(
      listed.connectors.map((connector) => connector.connector_id),
      ["discord:default"],
    );
    assert.deepEqual(
      listed.providers.map(({ kind, availability }) => `${kind} ${availability}`),
      ["echo internal_test_only", "discord supported", "slack deferred", "telegram deferred"],
    );
    const status = await call(ChannelStatusResponse, "GET", one, id, { headers });
    assert.equal(status.connector.readiness, "ready");
    await call(LogsResponse, "GET", `${one}/logs`, id, { headers, query: "?limit=5" });

    const paused = await call(ChannelActionResponse, "POST", `${one}/operations/queue/pause`, id, {
      headers,
    });
    assert.equal(paused.operations.queue.paused, true);
    assert.match(paused.operations.queue.pause_reason ?? "", /admin API|console/);
    assert.deepEqual([paused.connector.enabled, paused.operations.saturation.state], [true, "paused"]);
    const sent = await call(TestSendResponse, "POST", `${one}/test-send`, id, {
      headers,
      body: { target: `channel:${general}`, confirm: true, text: `a test through ${surface}` },
    });
    assert.equal(sent.dispatch.enqueued, 1);
    const drained = await call(ChannelActionResponse, "POST", `${one}/operations/queue/drain`, id, {
      headers,
    });
    assert.deepEqual(drained.action.drain, { processed: 1, delivered: 1, retried: 0, dead_lettered: 0 });
    assert.ok(scene.answers("general").includes(`a test through ${surface}`));
    const resumed = await call(ChannelActionResponse, "POST", `${one}/operations/queue/resume`, id, {
      headers,
    });
    assert.equal(resumed.operations.queue.paused, false);

    await call(TestMessageResponse, "POST", `${one}/test`, id, {
      headers,
      body: { text: "hello", conversation_id, sender_id: "discord:user:1573888945341595600" },
    });
    await call(HealthRefreshResponse, "POST", `${one}/operations/health-refresh`, id, { headers, body: {} });

    const target = { conversation_id, limit: 5 };
    const read = await call(ReadMessagesResponse, "POST", `${one}/messages/read`, id, {
      headers,
      body: target,
    });
    assert.equal(read.result.preflight.allowed, true);
    const [message] = read.result.messages;
    assert.ok(message !== undefined);
    await call(SearchMessagesResponse, "POST", `${one}/messages/search`, id, {
      headers,
      body: { ...target, query: "test" },
    });
    for (const [name, more] of [
      ["edit", { body: "changed" }],
      ["delete", {}],
      ["react-add", { emoji: "👍" }],
      ["react-remove", { emoji: "👍" }],
    ] as const) {
      const body = { locator: message.locator, ...more };
      const asked: ApprovalRequired = await call(ApprovalRequired, "POST", `${one}/messages/${name}`, id, {
        headers,
        body,
        status: 202,
      });
      assert.equal(asked.approval.state, "pending");
    }
    const asker = await signIn(`admin:asker-of-${surface.split("/")[1]}`);
    const question = await send("POST", "/console/v1/channels/discord%3Adefault/messages/delete", {
      headers: asker,
      body: { locator: message.locator },
    });
    const { approval } = ApprovalRequired.parse(await question.json());
    const which = { approval_id: approval.approval_id };
    const waiting = await call(
      ApprovalsResponse,
      "GET",
      `${surface}/approvals`,
      {},
      {
        headers,
        query: "?state=pending&limit=1",
      },
    );
    assert.equal(waiting.approvals[0]?.approval_id, approval.approval_id);
    const shown = await call(ApprovalResponse, "GET", `${surface}/approvals/{approval_id}`, which, {
      headers,
    });
    assert.equal(shown.approval.request_summary, approval.sentence);
    const word = await call(ApprovalResponse, "POST", `${surface}/approvals/{approval_id}/decision`, which, {
      headers,
      body: { approved: false, reason: "a test" },
    });
    assert.deepEqual([word.approval.state, word.approval.decision_reason], ["denied", "a test"]);

    await call(RouterRulesResponse, "GET", `${surface}/channels/router/rules`, {}, { headers });
    await call(RouterWarningsResponse, "GET", `${surface}/channels/router/warnings`, {}, { headers });
    const { preview } = await call(
      RoutePreviewResponse,
      "POST",
      `${surface}/channels/router/preview`,
      {},
      {
        headers,
        body: {
          channel: "discord:default",
          text: "hi",
          conversation_id: general,
          guild_id: "1573888945341595655",
        },
      },
    );
    assert.deepEqual([preview.accepted, preview.reason], [false, "no_matching_mention_or_dm_policy"]);
    const { code } = await call(
      PairingCodeResponse,
      "POST",
      `${surface}/channels/router/pairing-codes`,
      {},
      {
        headers,
        body: { channel: "discord:default" },
      },
    );
    const { pairings } = await call(
      PairingsResponse,
      "GET",
      `${surface}/channels/router/pairings`,
      {},
      { headers },
    );
    assert.ok(pairings[0]?.active_codes.some((active) => active.code === code.code));
    const decided = await call(
      PairingDecisionResponse,
      "POST",
      `${surface}/channels/router/pairings/decide`,
      {},
      {
        headers,
        body: { channel: "discord:default", sender: "1573888945341595600", decision: "approve" },
      },
    );
    assert.equal(decided.outcome, "missing_pending");
    const restarted = await call(ChannelActionResponse, "POST", `${one}/operations/restart`, id, { headers });
    assert.equal(restarted.action.type, "restart");
    await waitUntil("the new connection", async () => {
      const now = await send("GET", `${surface}/channels/discord%3Adefault`, { headers });
      return ChannelStatusResponse.parse(await now.json()).connector.liveness === "running";
    });
  };

  it("work with the admin token", async () => {
    await useEveryRoute("/admin/v1", {});
    const query = { connector_id: "discord:default", limit: 3 };
    const logs = await call(LogsResponse, "POST", "/admin/v1/channels/logs/query", {}, { body: query });
    assert.equal(logs.events.length, 3);
    await call(AdminStatusResponse, "GET", "/admin/v1/status");
    await call(HealthzResponse, "GET", "/healthz");
    assert.match(await (await send("GET", "/metrics")).text(), /palyra_healthy/);
    seen.add("get /metrics");
  });

  it("work the same with a console session", async () => {
    const headers = await signIn();
    const session = await call(SessionResponse, "GET", "/console/v1/auth/session", {}, { headers });
    assert.equal(session.principal, "admin:local");
    await useEveryRoute("/console/v1", headers);
    await call(LogoutResponse, "POST", "/console/v1/auth/logout", {}, { headers });
    const after = await send("GET", "/console/v1/channels", { headers });
    assert.equal(after.status, 401);
    assert.equal(ErrorEnvelope.parse(await after.json()).code, "session_required");
  });

  it("enable and disable a connector in palyra.toml, and keep what the owner wrote beside it", async () => {
    const admin = "/admin/v1/channels/{connector_id}/enabled";
    const id = { connector_id: "discord:default" };
    const off = await call(EnabledResponse, "POST", admin, id, { body: { enabled: false } });
    assert.deepEqual([off.connector.enabled, off.connector.liveness], [false, "stopped"]);
    const text = await readFile(path.join(scene.root, "palyra.toml"), "utf8");
    assert.match(text, /enabled = false/);
    assert.match(text, /# mine/);
    const drain = await send("POST", "/admin/v1/channels/discord%3Adefault/operations/queue/drain");
    assert.equal(drain.status, 409);
    const headers = await signIn();
    const console = "/console/v1/channels/{connector_id}/enabled";
    const on = await call(EnabledResponse, "POST", console, id, { headers, body: { enabled: true } });
    assert.equal(on.connector.enabled, true);
    await waitUntil("the connection", async () => {
      const now = await send("GET", "/admin/v1/channels/discord%3Adefault");
      return ChannelStatusResponse.parse(await now.json()).connector.liveness === "running";
    });
  });

  it("send a dead letter again, let one go, and answer 404 for one that is not there", async () => {
    const id = { connector_id: "discord:default" };
    const nowhere = "1573888945341599999";
    for (const surface of ["/admin/v1", "/console/v1"]) {
      const headers = surface === "/admin/v1" ? {} : await signIn();
      const one = `${surface}/channels/{connector_id}`;
      await call(TestSendResponse, "POST", `${one}/test-send`, id, {
        headers,
        body: { target: nowhere, confirm: true },
      });
      const firstLetter = () =>
        waitUntil("the dead letter", async () => {
          const logs = await send("GET", `${surface}/channels/discord%3Adefault/logs`, { headers });
          return LogsResponse.parse(await logs.json()).dead_letters[0]?.dead_letter_id ?? null;
        });
      const first = await firstLetter();
      const letter = `${one}/operations/dead-letters/{dead_letter_id}`;
      await call(
        ChannelActionResponse,
        "POST",
        `${letter}/replay`,
        { ...id, dead_letter_id: String(first) },
        { headers },
      );
      const second = await waitUntil("the letter's second death", async () => {
        const id = await firstLetter();
        return id === first ? null : id;
      });
      const gone = await call(
        ChannelActionResponse,
        "POST",
        `${letter}/discard`,
        { ...id, dead_letter_id: String(second) },
        { headers },
      );
      assert.equal(gone.operations.queue.dead_letters, 0);
      for (const action of ["replay", "discard"]) {
        const target = `${surface}/channels/discord%3Adefault/operations/dead-letters/${second}/${action}`;
        const missing = await send("POST", target, { headers });
        assert.equal(missing.status, 404);
        assert.equal(ErrorEnvelope.parse(await missing.json()).code, "not_found");
      }
    }
  });

  it("page through events and through dead letters apart: each list goes by its own ids", async () => {
    const one = "/admin/v1/channels/discord%3Adefault";
    const body = { target: "1573888945341599999", confirm: true };
    await send("POST", `${one}/test-send`, { body });
    const logs = async (query: string) =>
      LogsResponse.parse(await (await send("GET", `${one}/logs?${query}`)).json());
    const letter = await waitUntil(
      "the dead letter",
      async () => (await logs("limit=1")).dead_letters[0]?.dead_letter_id,
    );
    const lettersOnly = await logs("before=1");
    assert.deepEqual(lettersOnly.events, []);
    assert.deepEqual(
      lettersOnly.dead_letters.map(({ dead_letter_id: id }) => id),
      [letter],
    );
    const eventsOnly = await logs(`limit=5&dead_letters_before=${letter}`);
    assert.deepEqual([eventsOnly.events.length, eventsOnly.dead_letters], [5, []]);
    await send("POST", `${one}/operations/dead-letters/${letter}/discard`);
  });

  it("name every field that is wrong, refuse ids that are none, and unknown or planned connectors", async () => {
    const cases: [string, string, unknown, number, string][] = [
      [
        "POST",
        "/admin/v1/channels/discord%3Adefault/enabled",
        { enabled: "yes", more: 1 },
        400,
        "validation_error",
      ],
      [
        "POST",
        "/admin/v1/channels/discord%3Adefault/test-send",
        { target: "general", confirm: true },
        400,
        "validation_error",
      ],
      [
        "POST",
        "/admin/v1/channels/discord%3Adefault/test-send",
        { target: "1573888945341599999", confirm: false },
        400,
        "validation_error",
      ],
      [
        "POST",
        "/admin/v1/channels/discord%3Adefault/messages/read",
        {
          conversation_id: "discord:channel:1573888945341599999",
          before_message_id: "1573888945341599999",
          after_message_id: "1573888945341599999",
        },
        400,
        "validation_error",
      ],
      ["GET", "/admin/v1/channels/..%2F..%2Fetc", undefined, 400, "validation_error"],
      ["GET", "/admin/v1/channels/discord%3Adefault/logs?limit=0", undefined, 400, "validation_error"],
      ["GET", "/admin/v1/channels/discord%3Anobody", undefined, 404, "not_found"],
      ["GET", "/admin/v1/channels/slack%3Adefault", undefined, 400, "validation_error"],
      ["POST", "/admin/v1/channels/echo%3Adefault/test", { text: "x" }, 412, "failed_precondition"],
      [
        "POST",
        "/admin/v1/channels/discord%3Adefault/operations/dead-letters/x/replay",
        undefined,
        400,
        "validation_error",
      ],
      ["PUT", "/admin/v1/channels", undefined, 405, "method_not_allowed"],
      ["GET", "/admin/v1/nothing", undefined, 404, "not_found"],
    ];
    for (const [method, target, body, status, code] of cases) {
      const response = await send(method, target, { body });
      const envelope = ErrorEnvelope.parse(await response.json());
      assert.deepEqual([response.status, envelope.code], [status, code], `${method} ${target}`);
      if (status === 400 && body !== undefined) assert.ok((envelope.validation_errors ?? []).length > 0);
    }
  });

  it("want a session for the console and the session's own token for every change", async () => {
    const anonymous = await send("GET", "/console/v1/channels", { headers: { authorization: "" } });
    assert.equal(anonymous.status, 401);
    const { cookie = "" } = await signIn();
    const target = "/console/v1/channels/discord%3Adefault/messages/read";
    for (const token of [undefined, "", "x".repeat(43)]) {
      const csrf: Record<string, string> = token === undefined ? {} : { "x-palyra-csrf-token": token };
      const refused = await send("POST", target, { headers: { cookie, ...csrf }, body: {} });
      assert.equal(refused.status, 403);
    }
    const seenAgain = await send("GET", "/console/v1/auth/session", { headers: { cookie } });
    const again = seenAgain.headers.get("set-cookie") ?? "";
    assert.ok(again.startsWith(cookie));
    assert.match(again, /Max-Age=1800.*HttpOnly.*SameSite=Lax/);
  });

  it("are all described in /openapi.json, with the form of their answers, and were all tried here", async () => {
    const document = (await (await send("GET", "/openapi.json")).json()) as OpenApi;
    seen.add("get /openapi.json");
    // The tests of the ingress try it.
    seen.add("post /hooks/{integration_id}");
    const described = Object.entries(document.paths).flatMap(([route, methods]) =>
      Object.entries(methods).map(([method, operation]) => {
        const { responses = {}, security } = operation;
        assert.deepEqual(responses.default, { $ref: "#/components/responses/Failure" });
        assert.deepEqual(security, securityOf(method, route), `${method} ${route}`);
        assert.ok(responses["200"] !== undefined || responses["202"] !== undefined, `${method} ${route}`);
        return `${method} ${route}`;
      }),
    );
    assert.deepEqual(described.sort(), [...seen].sort());
    assert.deepEqual(
      document.paths["/admin/v1/channels/{connector_id}/logs"]?.get?.parameters?.find(
        ({ name }) => name === "limit",
      ),
      {
        in: "query",
        name: "limit",
        required: false,
        schema: { type: "integer", minimum: 1, maximum: 500, default: 100 },
      },
    );
    assert.deepEqual(Object.keys(document.paths["/metrics"]?.get?.responses?.["200"]?.content ?? {}), [
      "text/plain",
    ]);
    // Some bodies may be left out.
    const isRequired = (route: string) =>
      document.paths[`/admin/v1/channels/${route}`]?.post?.requestBody?.required;
    assert.equal(isRequired("{connector_id}/enabled"), true);
    assert.equal(isRequired("{connector_id}/operations/health-refresh"), false);
    assert.equal(isRequired("discord/accounts/{account_id}/logout"), false);
    assert.ok(document.components.schemas.ErrorEnvelope?.required.includes("next_step"));
  });

  it("refuse more requests within a second than a person makes, but let the owner sign in", async () => {
    const refused = await waitUntil("a refusal", async () => {
      // On a busy machine they may not all come within one window.
      const answers = await Promise.all(Array.from({ length: 160 }, () => send("GET", "/admin/v1/status")));
      return answers.find((answer) => answer.status === 429) ?? null;
    });
    assert.equal(ErrorEnvelope.parse(await refused.json()).code, "rate_limited");
    assert.equal(refused.headers.get("retry-after"), "1");
    await signIn();
  });

  it("answer who shows the token or a session also while others use up the requests of this machine", async () => {
    const session = await signIn();
    const anybody = () => fetch(`http://127.0.0.1:${link.port()}/admin/v1/status`);
    await waitUntil("a second in which strangers are refused", async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const strangers = await Promise.all(Array.from({ length: 160 }, anybody));
      const own = await send("GET", "/admin/v1/channels");
      const page = await send("GET", "/console/v1/channels", { headers: session });
      const stranger = await anybody();
      if (strangers.every(({ status }) => status === 401) || stranger.status === 401) return false;
      assert.deepEqual([stranger.status, own.status, page.status], [429, 200, 200]);
      return true;
    });
  });

  it("hold back who guesses the admin token", async () => {
    const guess = async () =>
      (await send("POST", "/console/v1/auth/login", { body: { admin_token: "wrong" } })).status;
    const statuses: number[] = [];
    for (let count = 0; count < 8; count += 1) statuses.push(await guess());
    assert.deepEqual(statuses.slice(0, 5), [401, 401, 401, 401, 401]);
    assert.ok(statuses.includes(429));
  });
});
