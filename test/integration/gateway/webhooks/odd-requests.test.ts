import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { ErrorEnvelope } from "../../../../src/contracts/errors.ts";
import { signRequest } from "../../../../src/platform/webhook-signing.ts";
import { waitUntil } from "../../../support/vscode/wait-until.ts";
import { senderSecret, WebhookScene } from "../../../support/webhooks/webhook-scene.ts";

const one = `[[webhooks]]
integration_id = "one"
provider = "generic"
secret_vault_ref = "global/sender"
max_payload_bytes = 1048576
target = { mode = "message", connector_id = "discord:default", conversation_id = "GENERAL" }
`;

describe("An odd request to a webhook", () => {
  let scene: WebhookScene;
  let port: number;
  before(async () => {
    scene = await WebhookScene.open(one, '[webhooks]\nhosts = ["hooks.example.com"]\n');
    port = (await scene.startReady()).port();
  });
  after(() => scene.close());

  /** Sends bytes over a socket of its own. @returns the whole answer */
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = "";
      const socket = net.connect(port, "127.0.0.1", () => socket.write(text));
      socket.setEncoding("latin1").on("data", (chunk: string) => {
        answer += chunk;
      });
      socket.on("end", () => resolve(answer));
      socket.on("error", reject);
    });
  const ask = (
    method: string,
    target: string,
    host = `127.0.0.1:${port}`,
  ): Promise<{ status: number; allow: string | undefined; error: ErrorEnvelope }> =>
    raw(
      `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    ).then((answer) => ({
      status: Number(answer.slice(9, 12)),
      allow: /^allow: (.*)\r$/m.exec(answer)?.[1],
      error: ErrorEnvelope.parse(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4))),
    }));

  it("with another method is told which one there is, whether the webhook exists or not", async () => {
    for (const method of ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      for (const target of ["/hooks/one", "/hooks/none?x=1"]) {
        for (const host of [undefined, "hooks.example.com"]) {
          const { status, allow, error } = await ask(method, target, host);
          assert.deepEqual([status, allow, error.code], [405, "POST", "method_not_allowed"], method);
        }
      }
    }
  });

  it("with an address that is far too long is refused in the one form, in our words", async () => {
    for (const target of [`/hooks/${"a".repeat(500)}`, `/admin/v1/webhooks/${"a".repeat(500)}`]) {
      const { status, error } = await ask("POST", target);
      assert.deepEqual([status, error.error], [414, "The address of the request is too long."]);
    }
  });

  it("that is compressed is told to come as it is", async () => {
    const { headers, body } = scene.sign({ text: "small" });
    const answer = await scene.hook("one", body, { ...headers, "content-encoding": "gzip" });
    assert.deepEqual(
      [answer.status, answer.body.error],
      [415, "The body must be sent as it is, without compression."],
    );
  });

  it("that begins with a byte order mark has its effect all the same, and can be looked at", async () => {
    const { headers, body } = signRequest({
      signature: "generic",
      secret: senderSecret,
      payload: Buffer.from('\uFEFF{"text":"marked"}'),
      now: Date.now(),
      deliveryId: "01J9ZZZZZZZZZZZZZZZZZZZZZB",
    });
    const { status, body: accepted } = await scene.hook("one", body, { ...headers });
    assert.equal(status, 202);
    await waitUntil("the message", () => scene.gateways.answers("general").includes("marked"));
    const shown = await scene.admin("GET", `/webhook-deliveries/${accepted.id}`);
    assert.deepEqual((shown.body.delivery as { payload: unknown }).payload, { text: "marked" });
  });

  it("whose sender breaks off leaves nothing in the log", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 20 }, () => stalled(`content-length: 100`, Buffer.from("{"))),
    );
    for (const socket of sockets) socket.destroy();
    const after = await scene.deliver("one", { text: "after it" });
    assert.equal(after.status, 202);
    const file = path.join(scene.gateways.root, "logs", "palyrad.log");
    const log = await waitUntil("the log of what came after", async () => {
      const text = await readFile(file, "utf8");
      return text.includes(String(after.body.id)) ? text : null;
    });
    assert.doesNotMatch(log, /request failed|aborted|broke off/);
  });

  it("from strangers who send much and never end does not keep a good sender out", async () => {
    const almost = Buffer.alloc(1_048_000, "x");
    const strangers: net.Socket[] = [];
    try {
      for (let index = 0; index < 80; index += 1) {
        strangers.push(await stalled("content-length: 1048576", almost));
      }
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => scene.deliver("one", { text: `through ${index}` })),
      );
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array.from({ length: 10 }, () => 202),
      );
      const refused = await waitUntil("the first stranger to be sent away", () =>
        strangers[0]?.read()?.toString(),
      );
      assert.match(String(refused), /^HTTP\/1\.1 503 [\s\S]*retry-after: 1\r\n/);
    } finally {
      for (const socket of strangers) socket.destroy();
    }
  });

  /** A sender that begins a body and stops in the middle of it. */
  const stalled = (length: string, beginning: Buffer): Promise<net.Socket> =>
    new Promise((resolve, reject) => {
      const socket = net.connect(port, "127.0.0.1");
      socket.on("error", reject);
      socket.pause();
      socket.write(`POST /hooks/one HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${length}\r\n\r\n`);
      socket.write(beginning, () => resolve(socket));
    });
});
