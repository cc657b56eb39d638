import assert from "node:assert/strict";
import { ErrorEnvelope } from "../../../src/contracts/errors.ts";
import { SessionResponse } from "../../../src/contracts/http-console.ts";
import { rawRequest } from "../../support/http/raw-request.ts";
import { GatewayScene } from "../../support/sidecar/gateway-scene.ts";
import { type ControlLink, newToken } from "../../support/sidecar/sidecar-process.ts";

const someUlid = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const one = "/admin/v1/channels/discord%3Adefault";

describe("A request at the edge of what the gateway takes", () => {
  let scene: GatewayScene;
  let link: ControlLink;

  before(async () => {
    scene = await GatewayScene.open();
    ({ link } = await scene.startConnected());
  });
  after(() => scene.close());

  const send = (target: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${link.port()}${target}`, {
      ...init,
      headers: { authorization: `Bearer ${scene.boot.tokens[0] ?? ""}`, ...init.headers },
    });
  const post = (target: string, body: string | Uint8Array<ArrayBuffer>, type = "application/json") =>
    send(target, { method: "POST", body, headers: { "content-type": type } });
  const refusalOf = async (response: Response): Promise<[number, string]> => {
    const envelope = ErrorEnvelope.parse(await response.json());
    assert.ok(envelope.next_step.length > 10);
    return [response.status, envelope.code];
  };

  it("is refused when it names a device or a channel that is none, or the owner, wherever it is asked", async () => {
    for (const target of ["/admin/v1/status", "/admin/v1/channels", "/metrics"]) {
      for (const headers of [
        { "x-palyra-device-id": "invalid" },
        { "x-palyra-device-id": someUlid.toLowerCase() },
        { "x-palyra-device-id": `Z${someUlid.slice(1)}` },
        { "x-palyra-channel": " " },
        { "x-palyra-principal": "" },
        // Nobody could decide then about what is asked for.
        { "x-palyra-principal": " Owner " },
      ]) {
        const answer = await send(target, { headers });
        assert.deepEqual(
          await refusalOf(answer),
          [400, "validation_error"],
          JSON.stringify([target, headers]),
        );
      }
      const headers = {
        "x-palyra-device-id": someUlid,
        "x-palyra-channel": "cli",
        "x-palyra-principal": "admin:a",
      };
      assert.equal((await send(target, { headers })).status, 200);
    }
  });

  it("is told how to show a token when it shows a wrong one", async () => {
    const answer = await send("/admin/v1/status", { headers: { authorization: `Bearer ${newToken()}` } });
    assert.deepEqual(
      [...(await refusalOf(answer)), answer.headers.get("www-authenticate")],
      [401, "unauthorized", "Bearer"],
    );
  });

  it("is told which methods an address takes, also where webhooks come in", async () => {
    for (const [method, target, allow] of [
      ["GET", "/hooks/github", "POST"],
      ["OPTIONS", "/healthz", "GET, HEAD"],
      ["PATCH", "/admin/v1/status", "GET, HEAD"],
      ["PUT", `${one}/enabled`, "POST"],
    ] as const) {
      const answer = await send(target, { method });
      assert.deepEqual(
        [...(await refusalOf(answer)), answer.headers.get("allow")],
        [405, "method_not_allowed", allow],
      );
    }
  });

  it("has to be JSON in UTF-8: what a web page may send without asking is refused, also where no body is wanted", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/xml"]) {
      const [status, code] = await refusalOf(await post(`${one}/operations/queue/pause`, "{}", type));
      assert.deepEqual([status, code], [415, "validation_error"], type);
    }
    const text = Buffer.from('{"channel":"discord:default","text":"a\xff"}', "latin1");
    const broken = await post("/admin/v1/channels/router/preview", new Uint8Array(text));
    assert.deepEqual(await refusalOf(broken), [400, "validation_error"]);
    for (const body of [
      '{"enabled":true,"__proto__":{"enabled":false}}',
      '{"enabled":',
      "null",
      "[]",
      "1e999",
    ]) {
      assert.deepEqual(await refusalOf(await post(`${one}/enabled`, body)), [400, "validation_error"], body);
    }
    const deep = "[".repeat(50_000) + "]".repeat(50_000);
    assert.deepEqual(await refusalOf(await post(`${one}/enabled`, deep)), [400, "validation_error"]);
  });

  it("may name JSON and bring none, where none is wanted", async () => {
    assert.equal((await post(`${one}/operations/queue/resume`, "")).status, 200);
    assert.deepEqual(await refusalOf(await post(`${one}/enabled`, "")), [400, "validation_error"]);
  });

  it("takes numbers in an address only as people write them, within their bounds, once, and under their names", async () => {
    for (const query of [
      "limit=0",
      "limit=501",
      "limit=0x10",
      "limit=1e1",
      "limit=%205",
      "limit=-1",
      "limit=",
    ]) {
      assert.deepEqual(await refusalOf(await send(`${one}/logs?${query}`)), [400, "validation_error"], query);
    }
    for (const query of ["limit=1&limit=2", "limt=1", "before=99999999999999999999", "before=1.5"]) {
      assert.deepEqual(await refusalOf(await send(`${one}/logs?${query}`)), [400, "validation_error"], query);
    }
    const letter = await post(`${one}/operations/dead-letters/0x1/replay`, "");
    assert.deepEqual(await refusalOf(letter), [400, "validation_error"]);
    assert.equal((await send(`${one}/logs?limit=500`)).status, 200);
    assert.deepEqual(await refusalOf(await send("/admin/v1/channels/router/pairings?chanel=x")), [
      400,
      "validation_error",
    ]);
  });

  it("is answered in the one form when it is no HTTP, has two lengths, or expects what nobody knows", async () => {
    const host = `Host: localhost:${link.port()}\r\n`;
    for (const [bytes, status] of [
      [`POST /x HTTP/1.1\r\n${host}Content-Length: abc\r\n\r\n`, 400],
      [`POST /x HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
      [`NOTHING /healthz HTTP/1.1\r\n${host}\r\n`, 400],
      [`GET /${"a".repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 431],
      [`GET /nothing HTTP/1.1\r\n${host}Expect: the-unexpected\r\n\r\n`, 404],
      ["\u0016\u0003\u0001\u0002", 400],
    ] as const) {
      const answer = await rawRequest(link.port(), bytes);
      assert.equal(answer.status, status, bytes.slice(0, 60));
      ErrorEnvelope.parse(JSON.parse(answer.body));
      assert.match(answer.head, /x-content-type-options: nosniff/i);
    }
    const long = await rawRequest(link.port(), `GET /${"a".repeat(9_000)} HTTP/1.1\r\n${host}\r\n`);
    assert.equal(long.status, 404);
    assert.ok(long.body.length < 1_000, "an address is not told back whole");
  });

  it("may name an account in its address", async () => {
    const accounts = "/admin/v1/channels/discord/accounts";
    const named = await post(`${accounts}/nobody/logout`, "");
    assert.deepEqual(await refusalOf(named), [404, "not_found"]);
    for (const name of ["constructor", "nobody"]) {
      const removed = await post(`${accounts}/${name}/remove`, '{"confirm":true}');
      assert.deepEqual(await refusalOf(removed), [404, "not_found"], name);
    }
    assert.deepEqual(await refusalOf(await post(`${accounts}/default/remove`, "{}")), [
      400,
      "validation_error",
    ]);
    assert.deepEqual(await refusalOf(await post(`${accounts}/NOBODY/logout`, "{}")), [
      400,
      "validation_error",
    ]);
  });

  it("of a console session is refused as soon as the admin token it was begun with is no good any more", async () => {
    const [old = ""] = scene.boot.tokens;
    const login = async (token: string, headers: Record<string, string> = {}) => {
      const answer = await send("/console/v1/auth/login", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({
          admin_token: token,
          principal: "admin:a",
          device_id: someUlid,
          channel: "cli",
        }),
      });
      assert.equal(answer.status, 200);
      const session = SessionResponse.parse(await answer.json());
      assert.deepEqual([session.device_id, session.channel], [someUlid, "cli"]);
      return answer.headers.get("set-cookie") ?? "";
    };
    const statusWith = async (cookie: string) =>
      (await send("/console/v1/auth/session", { headers: { cookie: cookie.split(";", 1)[0] ?? "" } })).status;
    const cookie = await login(old);
    assert.ok(!cookie.includes("Secure"));
    assert.ok((await login(old, { "x-forwarded-proto": "https" })).includes("; Secure"));
    const next = newToken();
    await link.request("tokens/set", { tokens: [next], expiring: [old] });
    assert.equal(await statusWith(cookie), 200);
    await link.request("tokens/set", { tokens: [next], expiring: [] });
    // An expiring token keeps its own end: a new set without it does not shorten that.
    const fresh = await login(next);
    await link.request("tokens/set", { tokens: [old], expiring: [] });
    assert.deepEqual([await statusWith(cookie), await statusWith(fresh)], [200, 401]);
  });
});
