import assert from "node:assert/strict";
import { DiscordAPIError, HTTPError, RateLimitError } from "@discordjs/rest";
import type { APIGatewayBotInfo } from "discord-api-types/v10";
import { fatalClose } from "../../../../src/connectors/discord/close-codes.ts";
import { outcomeOfFailure } from "../../../../src/connectors/discord/delivery-failures.ts";
import { fromResumable, tokenTag, toResumable } from "../../../../src/connectors/discord/discord-session.ts";
import { adapterState, type DiscordFacts } from "../../../../src/connectors/discord/discord-state.ts";
import { checkApiBase, mayConnectTo } from "../../../../src/connectors/discord/egress.ts";
import { decideIdentify } from "../../../../src/connectors/discord/identify-budget.ts";
import {
  afterConnection,
  freshReconnectState,
  mustForgetSession,
  reconnectDelay,
} from "../../../../src/connectors/discord/reconnect-policy.ts";
import { SessionFrontier } from "../../../../src/connectors/discord/session-frontier.ts";

describe("The bot token", () => {
  const discord = checkApiBase("https://discord.com/api");
  const local = checkApiBase("http://127.0.0.1:4000/api");

  it("goes to Discord's gateway hosts only, when Discord's API is configured", () => {
    assert.ok(mayConnectTo("wss://gateway.discord.gg", discord));
    assert.ok(mayConnectTo("wss://gateway-us-east1-b.discord.gg/", discord));
    for (const foreign of [
      "wss://gateway.discord.gg.evil.example",
      "wss://evildiscord.gg",
      "wss://user:password@gateway.discord.gg",
      "ws://gateway.discord.gg",
      "https://gateway.discord.gg",
      "",
    ]) {
      assert.ok(!mayConnectTo(foreign, discord), foreign);
    }
  });

  it("goes to the configured host only, when that is another server", () => {
    assert.ok(mayConnectTo("ws://127.0.0.1:4001/gateway", local));
    assert.ok(!mayConnectTo("wss://gateway.discord.gg", local));
    assert.ok(!mayConnectTo("ws://127.0.0.2:4000", local));
    const secure = checkApiBase("https://spacebar.example/api");
    assert.ok(!mayConnectTo("ws://spacebar.example", secure));
  });

  it("goes to this machine by any of its names, when that is the configured host", () => {
    for (const url of ["ws://localhost:9000", "ws://[::1]:9000/?v=10"])
      assert.ok(mayConnectTo(url, local), url);
    assert.ok(!mayConnectTo("ws://localhost.evil.example:9000", local));
    assert.ok(!mayConnectTo("ws://127.0.0.1.evil.example:9000", local));
    assert.ok(!mayConnectTo("wss://localhost", discord));
  });

  it("goes to no base with credentials, a query or Discord without TLS", () => {
    for (const base of ["https://a:b@discord.com/api", "https://discord.com/api?x=1", "http://discord.com"]) {
      assert.throws(() => checkApiBase(base), { code: "config_invalid" });
    }
  });

  it("that changed makes a stored session worthless, without being stored itself", () => {
    const session = {
      sessionId: "s",
      resumeUrl: "wss://gateway.discord.gg",
      botUserId: "1",
      botName: "palyra",
      tokenTag: tokenTag("one"),
      backfillPending: true,
      missedSince: "1573888945341595654",
      awaitedGuilds: ["1573888945341595655"],
      knownSince: "1573888945341595650",
    };
    const stored = toResumable(session, 7);
    assert.deepEqual(fromResumable(stored, tokenTag("one")), { session, sequence: 7 });
    assert.equal(fromResumable(stored, tokenTag("two")), null);
    assert.ok(!JSON.stringify(stored).includes('"one"'));
  });
});

describe("A closed gateway connection", () => {
  it("is not made again when the token, the intents or the sharding are refused", () => {
    assert.equal(fatalClose(4004)?.readiness, "auth_failed");
    assert.equal(fatalClose(4004)?.error.code, "discord_auth_failed");
    for (const code of [4013, 4014]) assert.equal(fatalClose(code)?.error.code, "discord_intents_refused");
    for (const code of [4010, 4011, 4012]) assert.equal(fatalClose(code)?.readiness, "misconfigured");
    for (const code of [1000, 1006, 4000, 4002, 4007, 4008, 4009, 4200]) assert.equal(fatalClose(code), null);
  });

  it("is made again at once the first time, then with growing waits, until it was stable", () => {
    const early = { wasResuming: false, readyForMs: 1_000 };
    let state = freshReconnectState;
    const delays: number[] = [];
    for (let end = 0; end < 9; end += 1) {
      state = afterConnection(state, early);
      delays.push(reconnectDelay(state, 0.5));
    }
    assert.deepEqual(delays, [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    state = afterConnection(state, { wasResuming: false, readyForMs: 60_000 });
    assert.equal(reconnectDelay(state, 0.5), 0);
  });

  it("gives its session up after three failed resumes in a row", () => {
    const failed = { wasResuming: true, readyForMs: null };
    let state = freshReconnectState;
    for (let end = 0; end < 2; end += 1) state = afterConnection(state, failed);
    assert.ok(!mustForgetSession(state));
    assert.ok(!mustForgetSession(afterConnection(state, { wasResuming: true, readyForMs: 5 })));
    assert.ok(mustForgetSession(afterConnection(state, failed)));
  });
});

describe("IDENTIFY", () => {
  const reading = (remaining: number, readAt = 0) => ({
    readAt,
    information: {
      url: "",
      shards: 1,
      session_start_limit: { total: 1_000, remaining, reset_after: 60_000, max_concurrency: 1 },
    } satisfies APIGatewayBotInfo,
  });

  it("is sent while the limit allows it, five seconds after the last one", () => {
    assert.deepEqual(decideIdentify(reading(1), null, 100), { kind: "go" });
    const soon = decideIdentify(reading(9), 0, 1_000);
    assert.deepEqual(soon, { kind: "wait", ms: 4_000, exhausted: false });
  });

  it("is decided on fresh numbers only", () => {
    assert.deepEqual(decideIdentify(reading(9), null, 60_000), { kind: "read_again" });
    assert.deepEqual(decideIdentify(reading(9, 0), 0, 6_000), { kind: "read_again" });
  });

  it("is not held up by a clock that was set back", () => {
    const hour = 3_600_000;
    assert.deepEqual(decideIdentify(reading(9, hour), hour, 100), { kind: "read_again" });
    assert.deepEqual(decideIdentify(reading(9, 100), hour, 100), { kind: "go" });
  });

  it("waits for the reset when the limit is used up", () => {
    assert.deepEqual(decideIdentify(reading(0), null, 100), { kind: "wait", ms: 60_000, exhausted: true });
  });
});

describe("The place in a session", () => {
  it("goes no further than what is stored", () => {
    const frontier = new SessionFrontier(3);
    frontier.begin(4);
    frontier.begin(5);
    frontier.passed(6);
    assert.equal(frontier.durable, 3);
    frontier.settle(5);
    assert.equal(frontier.durable, 3);
    frontier.settle(4);
    assert.equal(frontier.durable, 6);
  });

  it("stays before an event that could not be stored", () => {
    const frontier = new SessionFrontier(0);
    frontier.begin(1);
    frontier.begin(2);
    frontier.settle(2);
    frontier.passed(9);
    assert.equal(frontier.durable, 0);
  });
});

describe("A connector counts as connected", () => {
  const facts: DiscordFacts = {
    phase: "ready",
    readiness: "ready",
    tokenAccepted: true,
    lastAckAt: 1_000,
    identity: "palyra",
    accountId: null,
    sessionsStarted: 1,
    sessionsResumed: 0,
    lastError: null,
  };

  it("while heartbeats are acknowledged, and no longer", () => {
    assert.equal(adapterState(facts, 2_000).liveness, "running");
    assert.equal(adapterState(facts, 1_000_000).liveness, "restarting");
    assert.equal(adapterState(facts, 1_000_000).connected, false);
    assert.equal(adapterState({ ...facts, phase: "interrupted" }, 2_000).connected, false);
  });
});

describe("A failed request", () => {
  const apiError = (status: number, code: number) =>
    new DiscordAPIError({ code, message: "no" }, code, status, "POST", "http://x", {
      files: undefined,
      body: undefined,
    });
  const classOf = (thrown: unknown) => {
    const outcome = outcomeOfFailure(thrown);
    return outcome.kind === "delivered" ? "delivered" : outcome.class;
  };

  it("is told by Discord's codes, not by its text", () => {
    assert.equal(classOf(apiError(401, 0)), "auth_failed");
    assert.equal(classOf(apiError(403, 50001)), "missing_access");
    assert.equal(classOf(apiError(403, 50013)), "missing_permissions");
    assert.equal(classOf(apiError(403, 50007)), "recipient_refuses");
    assert.equal(classOf(apiError(404, 10003)), "unknown_target");
    assert.equal(classOf(apiError(400, 50035)), "invalid_request");
  });

  it("of the network or the server is tried again", () => {
    const body = { files: undefined, body: undefined };
    assert.equal(classOf(new HTTPError(502, "Bad Gateway", "POST", "http://x", body)), "transient_network");
    assert.equal(classOf(new TypeError("fetch failed")), "transient_network");
  });

  it("by a rate limit says for how long", () => {
    const limit = new RateLimitError({
      global: false,
      hash: "",
      limit: 5,
      majorParameter: "",
      method: "POST",
      retryAfter: 1_234.5,
      route: "",
      scope: "user",
      sublimitTimeout: 0,
      timeToReset: 0,
      url: "",
    });
    const outcome = outcomeOfFailure(limit);
    assert.ok(outcome.kind === "retry");
    assert.equal(outcome.class, "rate_limit");
    assert.equal(outcome.retry_after_ms, 1_235);
  });
});
