import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import {
  type BrowserDaemon,
  startBrowserDaemon,
  toBrowserdStatus,
} from "../../../src/browserd/browser-daemon.ts";
import { findBrowser } from "../../../src/browserd/find-browser.ts";
import { ErrorEnvelope } from "../../../src/contracts/errors.ts";
import { HealthzResponse } from "../../../src/contracts/http.ts";
import { BrowserdStatus } from "../../../src/contracts/sidecar-status.ts";
import { rawRequest } from "../../support/http/raw-request.ts";
import { connectClient } from "./support/mcp-client.ts";
import { recordedLogger } from "./support/recorded-logger.ts";

const token = "test-token-of-the-http-server";
const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

describe("HTTP server of the browser daemon", () => {
  const logger = recordedLogger();
  let daemon: BrowserDaemon;

  before(async () => {
    daemon = await startBrowserDaemon({
      logger,
      tokens: [token],
      limits: { sessions: 2, sessionIdleMs: 400 },
      locate: () =>
        findBrowser({
          platform: "linux",
          environment: { PATH: "/bin" },
          homeFolder: "/",
          inspect: () => "missing",
        }),
    });
  });
  after(() => daemon.stop());

  async function send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Answer> {
    const outgoing = request({ host: "127.0.0.1", port: daemon.port, method, path, headers });
    // A server that refuses a large body may close before all of it was sent.
    outgoing.on("error", () => undefined);
    outgoing.end(body);
    const [response] = await once(outgoing, "response");
    let text = "";
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode, headers: response.headers, body: text };
  }
  const mcp = (headers: Record<string, string>, body = initialize): Promise<Answer> =>
    send(
      "POST",
      "/mcp",
      {
        "Content-Type": "application/json",
        Accept: "application/json, text/event-stream",
        Authorization: `Bearer ${token}`,
        ...headers,
      },
      body,
    );

  it("tells its health to every local caller", async () => {
    const answer = await send("GET", "/healthz");
    assert.equal(answer.status, 200);
    const health = HealthzResponse.parse(JSON.parse(answer.body));
    assert.equal(health.service, "palyra-browserd");
    assert.equal(health.status, "degraded");
  });

  it("is not ready without a browser, and says which check failed", async () => {
    const answer = await send("GET", "/readyz");
    assert.equal(answer.status, 503);
    assert.deepEqual(JSON.parse(answer.body).checks, {
      browser_found: false,
      browser_answers: true,
      token_set: true,
    });
  });

  it("says in one sentence that there is no browser and how to get one, in the tool and in the status", async () => {
    const client = await connectClient(daemon.port, token);
    const result = await client.call("browser_navigate", { url: "https://example.com/" });
    await client.close();
    assert.equal(result.code, "browser_missing");
    assert.match(
      result.text,
      /No Chrome, Chromium, Edge or Brave was found on this machine\.\nHint: Install Chrome or Chromium/,
    );
    const status = BrowserdStatus.parse(toBrowserdStatus(daemon.status()));
    assert.equal(status.health, "degraded");
    assert.equal(status.browser.state, "missing");
    assert.equal(status.reasons[0]?.code, "browser_missing");
    assert.ok(status.browser.searched.includes("/snap/bin/chromium"));
  });

  it("refuses a missing, wrong or differently long token", async () => {
    for (const Authorization of ["", "Bearer", "Bearer wrong", `Bearer ${token}x`, `Basic ${token}`, token]) {
      const answer = await mcp({ Authorization });
      assert.equal(answer.status, 401, Authorization);
      assert.equal(JSON.parse(answer.body).code, "unauthorized");
    }
    for (const method of ["GET", "DELETE"]) assert.equal((await send(method, "/mcp")).status, 401);
  });

  it("accepts old and new token during a rotation, and only the new one afterwards", async () => {
    daemon.setTokens([token, "second-token"]);
    assert.equal((await mcp({})).status, 200);
    assert.equal((await mcp({ Authorization: "Bearer second-token" })).status, 200);
    daemon.setTokens(["second-token"]);
    assert.equal((await mcp({})).status, 401);
    daemon.setTokens([token]);
    await allSessionsEnded();
  });

  it("refuses requests that are not meant for it (DNS rebinding)", async () => {
    const own = `127.0.0.1:${daemon.port}`;
    for (const headers of [
      { Host: "evil.example" },
      { Host: `evil.example:${daemon.port}` },
      { Host: "127.0.0.1" },
      { Host: own, Origin: "http://evil.example" },
      { Host: own, Origin: "null" },
      { Host: own, Origin: `https://${own}` },
    ]) {
      assert.equal((await mcp(headers)).status, 403, JSON.stringify(headers));
      assert.equal((await send("GET", "/healthz", headers)).status, 403, JSON.stringify(headers));
    }
    assert.equal(
      (await send("GET", "/healthz", { Host: `localhost:${daemon.port}`, Origin: `http://${own}` })).status,
      200,
    );
  });

  it("refuses a body that is too large, with and without a declared length", async () => {
    const huge = JSON.stringify({ jsonrpc: "2.0", filler: "x".repeat(1_100_000) });
    assert.equal((await mcp({ "Content-Length": String(huge.length) }, huge)).status, 413);
    const chunked = await mcp({ "Transfer-Encoding": "chunked" }, huge);
    assert.equal(chunked.status, 413);
    assert.equal(JSON.parse(chunked.body).code, "payload_too_large");
  });

  it("answers what is no JSON, no MCP or no session without falling over", async () => {
    assert.equal((await mcp({}, "{")).status, 400);
    assert.equal((await mcp({ "Content-Type": "text/plain" })).status, 415);
    assert.equal(
      (await mcp({}, JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }))).status,
      400,
    );
    assert.equal((await mcp({ "Mcp-Session-Id": "unknown" })).status, 404);
    assert.equal((await send("GET", "/elsewhere")).status, 404);
    assert.equal(daemon.status().sessions, 0);
  });

  it("answers every wrong request in the one form, also one that is no HTTP", async () => {
    const authorization = { Authorization: `Bearer ${token}` };
    const cases: [Answer, number, string][] = [
      [await send("GET", "/%zz"), 400, "validation_error"],
      [await send("PATCH", "/mcp", authorization), 405, "method_not_allowed"],
      [await send("POST", "/healthz"), 405, "method_not_allowed"],
      [await mcp({}, ""), 400, "validation_error"],
      [await mcp({ "Content-Type": "application/xml" }, "<x/>"), 415, "validation_error"],
    ];
    const host = `Host: localhost:${daemon.port}\r\n`;
    for (const [bytes, status, code] of [
      ["no HTTP at all\r\n\r\n", 400, "validation_error"],
      [`GET /healthz HTTP/1.1\r\n${host}x: ${"y".repeat(20_000)}\r\n\r\n`, 431, "payload_too_large"],
      [`POST /mcp HTTP/1.1\r\n${host}Content-Length: abc\r\n\r\n`, 400, "validation_error"],
      ["GET /healthz HTTP/1.1\r\n\r\n", 403, "forbidden"],
    ] as const) {
      const { status: given, head, body } = await rawRequest(daemon.port, bytes);
      const headers = Object.fromEntries(
        head
          .toLowerCase()
          .split("\r\n")
          .slice(1)
          .map((line) => line.split(": ", 2)),
      );
      cases.push([{ status: given, headers, body }, status, code]);
    }
    for (const [answer, status, code] of cases) {
      const envelope = ErrorEnvelope.parse(JSON.parse(answer.body));
      assert.deepEqual([answer.status, envelope.code], [status, code]);
      assert.ok(envelope.next_step.length > 10);
      assert.equal(answer.headers["x-content-type-options"], "nosniff");
      if (status === 405) assert.match(String(answer.headers.allow), /GET/);
    }
  });

  it("bounds the number of sessions and ends those that nobody uses", async () => {
    assert.equal((await mcp({})).status, 200);
    const second = await mcp({});
    assert.equal((await mcp({})).status, 503);
    await allSessionsEnded();
    assert.equal((await mcp({ "Mcp-Session-Id": String(second.headers["mcp-session-id"]) })).status, 404);
    assert.equal((await mcp({})).status, 200);
    await allSessionsEnded();
  });

  it("writes no token and no full session id to its log", async () => {
    const answer = await mcp({});
    const text = logger.lines.join("\n");
    assert.ok(text.includes("A session was opened."));
    assert.equal(text.includes(token), false);
    assert.equal(text.includes(String(answer.headers["mcp-session-id"])), false);
    await allSessionsEnded();
  });

  it("rejects an empty token and a port that is taken", async () => {
    await assert.rejects(startBrowserDaemon({ logger, tokens: [" "] }), /must not be empty/);
    await assert.rejects(startBrowserDaemon({ logger, tokens: [token], port: daemon.port }), {
      code: "EADDRINUSE",
    });
  });

  function allSessionsEnded(): Promise<void> {
    if (daemon.status().sessions === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = daemon.onStatus((status) => {
        if (status.sessions > 0) return;
        stop();
        resolve();
      });
    });
  }
});
