import assert from "node:assert/strict";
import type { FastifyReply, FastifyRequest } from "fastify";
import { adminDoor } from "../../../src/gateway/http/admin-door.ts";
import {
  ConsoleSessions,
  csrfTokenOf,
  isCsrfToken,
  sessionTtlMs,
} from "../../../src/gateway/http/console-sessions.ts";
import { LoginBackoff, RateLimit, rateLimits } from "../../../src/gateway/http/rate-limit.ts";
import { judgeMutation, requestDigest } from "../../../src/gateway/message-governance.ts";
import { AllowedMethods } from "../../../src/sidecar/http/allowed-methods.ts";

const me = { principal: "admin:me", deviceId: null, channel: null };
const always = (): boolean => true;

describe("A console session", () => {
  it("lives on while it is used, and ends half an hour after its last use", () => {
    const sessions = new ConsoleSessions();
    const token = sessions.begin(me, always, 0);
    assert.equal(token.length, 43);
    assert.equal(sessions.use(token, sessionTtlMs - 1)?.principal, "admin:me");
    assert.ok(sessions.use(token, 2 * sessionTtlMs - 2) !== null);
    assert.equal(sessions.use(token, 4 * sessionTtlMs), null);
  });

  it("ends with the admin token it was begun with", () => {
    const sessions = new ConsoleSessions();
    let isGood = true;
    const token = sessions.begin(me, () => isGood, 0);
    assert.ok(sessions.use(token, 1) !== null);
    isGood = false;
    assert.equal(sessions.use(token, 2), null);
    assert.equal(sessions.size, 0);
  });

  it("is one of a bounded number: the oldest makes room", () => {
    const sessions = new ConsoleSessions();
    const first = sessions.begin(me, always, 0);
    for (let n = 0; n < 1_024; n += 1) sessions.begin(me, always, 1);
    assert.equal(sessions.size, 1_024);
    assert.equal(sessions.use(first, 2), null);
  });

  it("has a token of its own for changes that no other session's page knows", () => {
    const sessions = new ConsoleSessions();
    const [one, two] = [sessions.begin(me, always, 0), sessions.begin(me, always, 0)];
    assert.ok(isCsrfToken(one, csrfTokenOf(one)));
    for (const wrong of [undefined, "", one, csrfTokenOf(two)]) assert.ok(!isCsrfToken(one, wrong));
  });
});

describe("The rate limit", () => {
  it("lets 120 requests of this machine through in a second, 30 of another one, and all again in the next", () => {
    const limit = new RateLimit();
    const allowed = (caller: string, now: number): number =>
      Array.from({ length: 200 }, () => limit.refuse(caller, false, now)).filter((wait) => wait === null)
        .length;
    assert.deepEqual([allowed("127.0.0.1", 0), allowed("192.0.2.7", 0)], [120, 30]);
    assert.equal(limit.refuse("192.0.2.7", false, 1_200), null);
  });

  it("tells who comes too often how many seconds to wait, before it looks at what they show", async () => {
    const { limited } = adminDoor({ limit: new RateLimit(), acceptsToken: () => false });
    const headers = new Map<string, unknown>();
    const request = { ip: "192.0.2.7", headers: {} } as FastifyRequest;
    const reply = { header: (name: string, value: unknown) => void headers.set(name, value) };
    const ask = () => limited(request, reply as unknown as FastifyReply);
    for (let n = 0; n < rateLimits.remote; n += 1) await ask();
    assert.equal(headers.size, 0);
    await assert.rejects(ask(), { code: "rate_limited" });
    assert.equal(headers.get("retry-after"), 1);
  });

  it("and the wait after wrong tokens hold nobody up for long when the clock is set back", () => {
    const limit = new RateLimit();
    const hour = 3_600_000;
    for (let n = 0; n <= rateLimits.loopback; n += 1) limit.refuse("127.0.0.1", true, hour);
    assert.ok(limit.refuse("127.0.0.1", true, hour) !== null);
    assert.equal(limit.refuse("127.0.0.1", true, 0), null);
    const backoff = new LoginBackoff();
    for (let n = 0; n < 20; n += 1) backoff.failed(hour);
    assert.equal(backoff.waitMs(hour), 60_000);
    assert.equal(backoff.waitMs(0), null);
  });

  it("remembers a bounded number of callers, and takes a new one all the same", () => {
    const limit = new RateLimit();
    for (let n = 0; n < rateLimits.maxCallers + 10; n += 1)
      assert.equal(limit.refuse(`caller ${n}`, false, 0), null);
    assert.equal(limit.callers, rateLimits.maxCallers);
  });

  it("makes who guesses tokens wait longer with each guess, and forgets it after a good one", () => {
    const backoff = new LoginBackoff();
    for (let n = 0; n < 5; n += 1) backoff.failed(0);
    assert.equal(backoff.waitMs(0), null);
    backoff.failed(0);
    const wait = backoff.waitMs(0) ?? 0;
    backoff.failed(0);
    assert.ok(wait > 0 && (backoff.waitMs(0) ?? 0) > wait);
    backoff.succeeded();
    assert.equal(backoff.waitMs(0), null);
  });
});

describe("A wrong method", () => {
  it("is told apart from a wrong address", () => {
    const methods = new AllowedMethods();
    methods.add(["GET", "HEAD"], "/a/:id/b.c");
    methods.add("POST", "/a/:id/b.c");
    assert.deepEqual(methods.of("/a/x%3Ay/b.c"), ["GET", "HEAD", "POST"]);
    assert.deepEqual(methods.of("/a/x/bxc"), []);
  });
});

describe("Changing a message that exists", () => {
  const minute = 60_000;
  const message = (age: number, own: boolean, direct: boolean) => ({
    created_at_unix_ms: 10_000 * minute - age * minute,
    is_connector_authored: own,
    is_direct_message: direct,
  });
  const judge = (
    operation: Parameters<typeof judgeMutation>[0],
    age: number,
    own: boolean,
    direct: boolean,
    isDefault = false,
  ) => {
    const { risk, approvalRequired } = judgeMutation(
      operation,
      message(age, own, direct),
      isDefault,
      10_000 * minute,
    );
    return `${risk}${approvalRequired ? " asks" : ""}`;
  };

  it("is a small matter for a fresh own direct message on a connector of its own, and asks otherwise", () => {
    assert.equal(judge("edit", 1, true, true), "low");
    assert.equal(judge("edit", 1, true, true, true), "high asks");
    assert.equal(judge("edit", 60, true, true), "high");
    assert.equal(judge("edit", 60, true, false), "high asks");
    assert.equal(judge("edit", 1, false, true), "critical asks");
    assert.equal(judge("edit", 3_000, true, true), "critical asks");
  });

  it("always asks before something is deleted", () => {
    assert.deepEqual(
      [judge("delete", 1, true, true), judge("delete", 60, true, false), judge("delete", 1, false, false)],
      ["medium asks", "high asks", "critical asks"],
    );
  });

  it("asks for a reaction only where many see it, or long after", () => {
    assert.deepEqual(
      [
        judge("react_add", 60, false, true),
        judge("react_add", 60, false, false),
        judge("react_remove", 3_000, true, true),
      ],
      ["low", "medium asks", "high asks"],
    );
  });

  it("is approved for one request only: another body, thread or person is another one", () => {
    const locator = { conversation_id: "c", thread_id: null, message_id: "1" };
    const digest = requestDigest("discord:a", "edit", "admin:me", { locator, body: "x" });
    assert.equal(
      requestDigest("discord:a", "edit", "admin:me", { body: "x", locator: { ...locator } }),
      digest,
    );
    const others = [
      requestDigest("discord:a", "edit", "admin:me", { locator, body: "y" }),
      requestDigest("discord:a", "edit", "admin:me", { locator: { ...locator, thread_id: "2" }, body: "x" }),
      requestDigest("discord:a", "edit", "admin:you", { locator, body: "x" }),
      requestDigest("discord:b", "edit", "admin:me", { locator, body: "x" }),
      requestDigest("discord:a", "delete", "admin:me", { locator, body: "x" }),
    ];
    assert.equal(new Set([digest, ...others]).size, 6);
  });
});
