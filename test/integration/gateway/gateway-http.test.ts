import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { ErrorEnvelope } from "../../../src/contracts/errors.ts";
import { AdminStatusResponse, HealthzResponse } from "../../../src/contracts/http.ts";
import { rawRequest } from "../../support/http/raw-request.ts";
import { gatewayStatus } from "../../support/sidecar/gateway-scene.ts";
import {
  bootLine,
  type ControlLink,
  newStateRoot,
  newToken,
  SidecarProcess,
} from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

describe("The gateway's HTTP port", () => {
  let root = "";
  let remove: () => Promise<void>;
  let gateway: SidecarProcess;
  let link: ControlLink;

  before(async () => {
    ({ root, remove } = await newStateRoot());
    gateway = new SidecarProcess(bootLine(root));
    link = await gateway.connect();
    await waitUntil("health", () => link.status.health === "ok");
  });
  after(async () => {
    await gateway.kill();
    await remove();
  });

  const ask = (target: string, options: http.RequestOptions = {}, body = ""): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = http.request({ host: "127.0.0.1", port: link.port(), path: target, ...options });
      request.on("error", reject);
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, body: Buffer.concat(chunks).toString() });
        });
      });
      request.end(body);
    });
  const envelopeOf = (answer: Answer) => {
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    assert.equal(answer.headers["cache-control"], "no-store");
    return ErrorEnvelope.parse(JSON.parse(answer.body));
  };

  it("tells its health to every local caller, with headers that keep it from being cached or framed", async () => {
    const answer = await ask("/healthz");
    const health = HealthzResponse.parse(JSON.parse(answer.body));
    assert.deepEqual([health.service, health.status], ["palyrad", "ok"]);
    assert.equal(answer.headers["x-frame-options"], "DENY");
    assert.equal(answer.headers["content-security-policy"], "frame-ancestors 'none'");
    assert.equal(answer.headers["referrer-policy"], "no-referrer");
  });

  it("tells its status to who shows the admin token, and to nobody else", async () => {
    const target = "/admin/v1/status";
    const [token = ""] = gateway.boot.tokens;
    const allowed = await ask(target, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(AdminStatusResponse.parse(JSON.parse(allowed.body)).gateway.service, "gateway");
    for (const authorization of [
      undefined,
      "",
      `Bearer ${newToken()}`,
      `Basic ${token}`,
      `Bearer ${token}x`,
    ]) {
      const headers = authorization === undefined ? {} : { authorization };
      const refused = await ask(target, { headers });
      assert.equal(refused.status, 401);
      assert.equal(envelopeOf(refused).code, "unauthorized");
    }
    assert.equal((await ask("/metrics")).status, 401);
  });

  it("tells Prometheus of every figure with its type: what only grows is a counter", async () => {
    const [token = ""] = gateway.boot.tokens;
    const answer = await ask("/metrics", { headers: { authorization: `Bearer ${token}` } });
    assert.match(String(answer.headers["content-type"]), /^text\/plain; version=0\.0\.4/);
    const types = [...answer.body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [
      name,
      type,
    ]);
    assert.ok(types.length > 3);
    for (const [name = "", type] of types)
      assert.equal(type, name.endsWith("_total") ? "counter" : "gauge", name);
    assert.match(answer.body, /^palyra_messages_received_total 0$/m);
  });

  it("accepts the old and the new token while they are rotated", async () => {
    const [old = ""] = gateway.boot.tokens;
    const next = newToken();
    const statusWith = async (token: string): Promise<number> =>
      (await ask("/admin/v1/status", { headers: { authorization: `Bearer ${token}` } })).status;
    await link.request("tokens/set", { tokens: [next], expiring: [old] });
    assert.deepEqual([await statusWith(old), await statusWith(next)], [200, 200]);
    await link.request("tokens/set", { tokens: [old], expiring: [] });
    assert.deepEqual([await statusWith(old), await statusWith(next)], [200, 401]);
  });

  it("lets only admins with the token sign in, says which field is wrong, and hides the cookie from scripts", async () => {
    const [token = ""] = gateway.boot.tokens;
    const login = (body: object): Promise<Answer> =>
      ask(
        "/console/v1/auth/login",
        { method: "POST", headers: { "content-type": "application/json" } },
        JSON.stringify(body),
      );
    const cases: [object, number, string][] = [
      [{ admin_token: newToken() }, 401, "unauthorized"],
      [{ admin_token: "" }, 400, "validation_error"],
      [{}, 401, "unauthorized"],
      [{ admin_token: token, principal: "user:bob" }, 403, "forbidden"],
      [{ admin_token: token, principal: " " }, 400, "validation_error"],
      [{ admin_token: token, device_id: "not a ulid" }, 400, "validation_error"],
      [{ admin_token: token, more: 1 }, 400, "validation_error"],
    ];
    for (const [body, status, code] of cases) {
      const answer = await login(body);
      assert.deepEqual([answer.status, envelopeOf(answer).code], [status, code], JSON.stringify(body));
      assert.equal(answer.headers["set-cookie"], undefined);
    }
    const answer = await login({ admin_token: token, principal: "admin:ada" });
    assert.equal(answer.status, 200);
    const [cookie = ""] = answer.headers["set-cookie"] ?? [];
    assert.match(cookie, /^palyra_console_session=[A-Za-z0-9_-]{43};/);
    for (const attribute of ["Max-Age=1800", "Path=/", "HttpOnly", "SameSite=Lax"]) {
      assert.ok(cookie.includes(attribute), attribute);
    }
    assert.ok(!answer.body.includes(cookie.slice(23, 66)), "the session's token is in the cookie only");
  });

  it("takes a name from who shows the admin token, but no blank one", async () => {
    const [token = ""] = gateway.boot.tokens;
    const asked = (principal: string): Promise<Answer> =>
      ask("/admin/v1/channels", {
        headers: { authorization: `bearer ${token}`, "x-palyra-principal": principal },
      });
    assert.equal((await asked("admin:ada")).status, 200);
    for (const principal of ["", "  ", "x".repeat(129)]) {
      const answer = await asked(principal);
      assert.deepEqual([answer.status, envelopeOf(answer).code], [400, "validation_error"]);
    }
  });

  it("refuses names and origins that a foreign web page would use", async () => {
    const port = link.port();
    const callers = [
      { host: `evil.example:${port}` },
      { host: `127.0.0.1:${port}`, origin: "http://evil.example" },
      { host: `127.0.0.1:${port}`, origin: "null" },
    ];
    for (const headers of callers) {
      for (const target of ["/healthz", "/nothing"]) {
        const answer = await ask(target, { headers });
        assert.equal(answer.status, 403);
        assert.equal(envelopeOf(answer).code, "forbidden");
      }
    }
    assert.deepEqual(link.suspicions, []);
    const [token = ""] = gateway.boot.tokens;
    const headers = { ...callers[1], authorization: `Bearer ${token}` };
    assert.equal((await ask("/admin/v1/status", { headers })).status, 403);
    await waitUntil(
      "the control center is told that others know the token",
      () => link.suspicions.length > 0,
    );
    assert.deepEqual(link.suspicions, ["it was shown by a request from a foreign page or host"]);
  });

  it("answers every wrong request in the one form", async () => {
    const json = { "content-type": "application/json" };
    const post = { method: "POST", headers: json };
    const cases: [string, http.RequestOptions, string, number, string][] = [
      ["/nothing", {}, "", 404, "not_found"],
      ["/healthz", { method: "DELETE" }, "", 405, "method_not_allowed"],
      ["/nothing", post, "{broken", 400, "validation_error"],
      ["/nothing", post, JSON.stringify("x".repeat(262_144)), 413, "payload_too_large"],
      ["/nothing", { method: "POST", headers: { "content-type": "text/x" } }, "x", 404, "not_found"],
      ["/%zz", {}, "", 400, "validation_error"],
    ];
    for (const [target, options, body, status, code] of cases) {
      const answer = await ask(target, options, body);
      assert.deepEqual([answer.status, envelopeOf(answer).code], [status, code], target);
    }
  });

  it("answers what is no HTTP at all in the one form, too", async () => {
    for (const [text, status] of [
      ["this is not HTTP\r\n\r\n", 400],
      [`GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, 431],
      ["GET /healthz HTTP/1.1\r\n\r\n", 403],
    ] as const) {
      const answer = await rawRequest(link.port(), text);
      assert.equal(answer.status, status);
      ErrorEnvelope.parse(JSON.parse(answer.body));
    }
  });

  it("follows edits of palyra.toml, and keeps the last good ones when an edit is broken", async () => {
    const file = path.join(root, "palyra.toml");
    const hash = gatewayStatus(link).config_hash;
    await writeFile(file, "[channels.discord.off]\nenabled = false\n");
    await waitUntil("the new configuration", () => gatewayStatus(link).connectors.length === 1);
    const good = gatewayStatus(link).config_hash;
    assert.notEqual(good, hash);
    await writeFile(file, "[channels.discord.off]\nenabled = fals\n");
    await waitUntil("the report", () => link.status.health === "degraded");
    const [reason] = gatewayStatus(link).reasons;
    assert.match(reason?.message ?? "", /palyra\.toml, line 2/);
    assert.equal(gatewayStatus(link).config_hash, good);
    assert.equal(gatewayStatus(link).connectors.length, 1);
    await writeFile(file, "");
    await link.request("config/reload");
    await waitUntil("health", () => link.status.health === "ok");
    assert.deepEqual(gatewayStatus(link).connectors, []);
  });
});
