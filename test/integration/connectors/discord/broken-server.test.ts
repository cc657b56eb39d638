import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { answerLimit } from "../../../../src/connectors/discord/bounded-request.ts";
import { DiscordRest } from "../../../../src/connectors/discord/discord-rest.ts";
import { sendMessage } from "../../../../src/connectors/discord/sender.ts";
import { until } from "../../simulator/until.ts";
import { AdapterScene, RecordingHost, replyTo } from "./adapter-scene.ts";

describe("A server that is configured for Discord and is broken or hostile", () => {
  let server: Server;
  let listener: RequestListener;
  let base: URL;
  let rest: DiscordRest;

  beforeEach(async () => {
    server = createServer((request, response) => listener(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api`);
    rest = new DiscordRest(base, "secret", new AbortController().signal, 400);
  });
  afterEach(async () => {
    rest.dispose();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const send = () => sendMessage(rest, replyTo("1234567890123456789", "x"));
  const reasonOf = async (): Promise<string> => {
    const outcome = await send();
    assert.ok(outcome.kind === "retry" && outcome.class === "transient_network", outcome.kind);
    return outcome.reason;
  };

  it("and answers without end is cut off, and the connection is closed", async () => {
    let sent = 0;
    let closed = 0;
    listener = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const chunk = Buffer.alloc(1024 * 1024, " ");
      const more = (): void => {
        if (response.destroyed) return;
        sent += chunk.length;
        if (response.write(chunk)) setImmediate(more);
        else response.once("drain", more);
      };
      response.on("close", () => {
        closed += 1;
      });
      more();
    };
    const patient = new DiscordRest(base, "secret", new AbortController().signal);
    const outcome = await sendMessage(patient, replyTo("1234567890123456789", "x"));
    assert.equal(
      outcome.kind === "retry" && outcome.reason,
      "Discord could not be reached: the answer was longer than 16 MiB",
    );
    await assert.rejects(patient.ownUser(), { code: "discord_unreachable" });
    await until(() => closed === 2);
    assert.ok(sent < 4 * answerLimit);
    patient.dispose();
  }).timeout(20_000);

  it("and trickles its answer, or never begins it, is given up in time", async () => {
    const timers: NodeJS.Timeout[] = [];
    listener = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      timers.push(setInterval(() => response.write(" "), 20));
    };
    assert.equal(await reasonOf(), "Discord could not be reached: the answer did not come in time");
    listener = () => undefined;
    assert.equal(await reasonOf(), "Discord could not be reached: the answer did not come in time");
    await assert.rejects(rest.ownUser(), { code: "discord_unreachable" });
    for (const timer of timers) clearInterval(timer);
  });

  it("and cuts its answer short is asked again later", async () => {
    listener = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write("{", () => response.destroy());
    };
    assert.match(await reasonOf(), /^Discord could not be reached: the connection was cut/);
  });

  it("and asks for a long wait is not waited for", async () => {
    listener = (_request, response) => {
      response.writeHead(429, { "content-type": "application/json", "retry-after": "100" });
      response.end(JSON.stringify({ message: "wait", retry_after: 100, global: false }));
    };
    await assert.rejects(rest.ownUser(), { name: /^RateLimitError/ });
  });

  it("and does not speak Discord's language is named as such, and asked again later", async () => {
    const answers = ["<html>", "{}", "[]", '{"url":7}', "null"];
    const scene = await AdapterScene.open();
    for (const answer of answers) {
      listener = (_request, response) => {
        response.writeHead(200, {
          "content-type": answer.startsWith("<") ? "text/html" : "application/json",
        });
        response.end(answer);
      };
      const adapter = scene.create(new RecordingHost("x"), { apiBase: base.href });
      adapter.start();
      const error = await until(() => adapter.state().lastError);
      assert.equal(error.code, "discord_unreachable", answer);
      assert.match(error.message, /does not answer as Discord does/);
      await adapter.stop();
    }
    await scene.close();
  });
});
