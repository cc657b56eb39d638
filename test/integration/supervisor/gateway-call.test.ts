import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { GatewayCall } from "../../../src/contracts/owner-link.ts";
import { PalyraError } from "../../../src/platform/errors.ts";
import { callGateway } from "../../../src/supervisor/gateway-call.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe("A request of the gateway's API", () => {
  let server: Server;
  let url: string;
  let answer: Answer;

  before(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => server.close());

  const call = (changes: Partial<GatewayCall> = {}, signal?: AbortSignal): Promise<unknown> =>
    callGateway(
      { url, token: "T" },
      { method: "GET", path: "/status", timeout_ms: 5_000, ...changes },
      signal,
    );

  const refusal = async (asked: Promise<unknown>): Promise<PalyraError> => {
    const thrown: unknown = await asked.then(
      () => assert.fail("it was answered"),
      (error: unknown) => error,
    );
    assert.ok(thrown instanceof PalyraError);
    return thrown;
  };

  it("shows the token and brings the answer", async () => {
    answer = async (request, response) => {
      const body = (await request.toArray()).join("");
      const { method, url: path, headers } = request;
      response.end(JSON.stringify({ method, path, token: headers.authorization, body: JSON.parse(body) }));
    };
    assert.deepEqual(await call({ method: "POST", path: "/a?b=1", body: { c: 2 } }), {
      method: "POST",
      path: "/admin/v1/a?b=1",
      token: "Bearer T",
      body: { c: 2 },
    });
  });

  it("fails with the gateway's own words, and names the fields that are wrong", async () => {
    answer = (_request, response) => {
      const validation_errors = [{ field: "account_id", code: "invalid", message: "is too long" }];
      const text = { error: "The request is wrong.", next_step: "Correct it.", validation_errors };
      response.writeHead(400);
      response.end(
        JSON.stringify({
          ...text,
          code: "validation_error",
          category: "validation",
          retryable: false,
          redacted: false,
        }),
      );
    };
    const { code, message, nextStep } = await refusal(call());
    assert.deepEqual(
      [code, message, nextStep],
      ["validation_error", "The request is wrong. account_id is too long", "Correct it."],
    );
  });

  it("ends at the gateway when it is cancelled or takes too long", async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const begun = (): Promise<void> =>
      new Promise((resolve) => {
        answer = (request) => {
          closed = once(request.socket, "close");
          resolve();
        };
      });
    const leaving = new AbortController();
    const first = begun();
    const asked = refusal(call({}, leaving.signal));
    await first;
    leaving.abort();
    assert.match((await asked).message, /was cancelled/);
    await closed;
    const second = begun();
    const late = refusal(call({ timeout_ms: 50 }));
    await second;
    assert.match((await late).message, /did not answer within/);
    await closed;
  });

  it("says so when nobody listens, or what answers is no gateway", async () => {
    answer = (_request, response) => response.end("<html>");
    assert.equal((await refusal(call())).code, "service_unavailable");
    const nobody = callGateway(
      { url: "http://127.0.0.1:1", token: "T" },
      { method: "GET", path: "/status", timeout_ms: 1_000 },
    );
    assert.equal((await refusal(nobody)).code, "service_unavailable");
  });

  it("reaches only what is below the administration API", () => {
    const takes = (path: string): boolean =>
      GatewayCall.safeParse({ method: "GET", path, timeout_ms: 1_000 }).success;
    assert.ok(takes("/channels/discord%3Adefault/logs?limit=5"));
    assert.ok(takes("/webhooks/a..b?dedupe_key=.."));
    const others = ["status", "/../../metrics", "/%2E%2e/x", "//evil.example", "/a b", "/a#b"];
    for (const path of [...others, "/webhooks/..", "/webhooks/..?a=b", "/./status", "/\\..\\x"])
      assert.ok(!takes(path), path);
  });
});
