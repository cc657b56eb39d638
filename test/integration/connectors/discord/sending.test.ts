import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DiscordRest } from "../../../../src/connectors/discord/discord-rest.ts";
import { sendMessage } from "../../../../src/connectors/discord/sender.ts";
import { Permission } from "../../../../src/simulator/world/permissions.ts";
import { until } from "../../simulator/until.ts";
import { AdapterScene, RecordingHost, replyTo } from "./adapter-scene.ts";

describe("A message to Discord", () => {
  let scene: AdapterScene;
  beforeEach(async () => {
    scene = await AdapterScene.open();
  });
  afterEach(() => scene.close());

  const posts = (): number =>
    scene.requests().filter((one) => /^POST \/channels\/\d+\/messages$/.test(one)).length;

  it("sent twice is there once, and both attempts name the same message", async () => {
    const { adapter } = await scene.connect();
    const { lab } = scene.simulator;
    const request = replyTo(lab.general.id, "once");
    const first = await adapter.send(request);
    assert.deepEqual(await adapter.send(request), first);
    assert.equal(lab.general.messages.length, 1);
  });

  it("that Discord holds back says for how long, and the next one is not even asked for", async () => {
    const { adapter } = await scene.connect();
    const { faults, lab } = scene.simulator;
    faults.add({ kind: "rateLimit", retryAfterSeconds: 1.25, global: true, method: "POST", times: 1 });
    const outcome = await adapter.send(replyTo(lab.general.id, "first"));
    assert.ok(outcome.kind === "retry" && outcome.class === "rate_limit");
    // The header has whole seconds, rounded up.
    assert.ok((outcome.retry_after_ms ?? 0) >= 1_250 && (outcome.retry_after_ms ?? 0) <= 2_100);
    assert.equal(posts(), 1);
    const second = await adapter.send(replyTo(lab.general.id, "second"));
    assert.ok(second.kind === "retry" && second.class === "rate_limit");
    assert.ok((second.retry_after_ms ?? 0) > 0);
    assert.equal(posts(), 1);
    assert.ok((adapter.rateLimits().globalRetryAfterMs ?? 0) > 0);
    await until(() => adapter.rateLimits().globalRetryAfterMs === null);
    assert.equal((await adapter.send(replyTo(lab.general.id, "third"))).kind, "delivered");
  });

  it("that meets a limit shared with others waits for it in its channel, and only there", async () => {
    const { adapter } = await scene.connect();
    const { faults, lab } = scene.simulator;
    const limit = {
      kind: "rateLimit",
      retryAfterSeconds: 1,
      shared: true,
      method: "POST",
      times: 1,
    } as const;
    faults.add({ ...limit, pathIncludes: `/channels/${lab.general.id}/` });
    const outcome = await adapter.send(replyTo(lab.general.id, "shared"));
    assert.ok(outcome.kind === "retry" && outcome.class === "rate_limit");
    assert.ok((outcome.retry_after_ms ?? 0) >= 1_000);
    assert.equal(adapter.rateLimits().globalRetryAfterMs, null);
    assert.equal((await adapter.send(replyTo(lab.random.id, "elsewhere"))).kind, "delivered");
    assert.equal(posts(), 2);
    assert.equal(adapter.state().lastError, null);
    await until(() => adapter.rateLimits().routes.every(({ retryAfterMs }) => retryAfterMs === 0));
    assert.equal((await adapter.send(replyTo(lab.general.id, "shared"))).kind, "delivered");
  });

  it("is not held back while its bucket has calls left", async () => {
    await scene.close();
    scene = await AdapterScene.open({ rateLimits: { "messages/create": { limit: 5, windowMs: 5_000 } } });
    const { adapter } = await scene.connect();
    const { lab } = scene.simulator;
    for (let index = 0; index < 5; index += 1) {
      assert.equal((await adapter.send(replyTo(lab.general.id, `message ${index}`))).kind, "delivered");
    }
    const sixth = await adapter.send(replyTo(lab.general.id, "message 5"));
    assert.ok(sixth.kind === "retry" && sixth.class === "rate_limit");
    assert.equal(adapter.rateLimits().globalRetryAfterMs, null);
    assert.equal(adapter.rateLimits().routes.length, 1);
    const elsewhere = await adapter.send(replyTo(lab.random.id, "another channel"));
    assert.equal(elsewhere.kind, "delivered");
  });

  it("that may not be written in one channel says nothing against the account", async () => {
    const { adapter } = await scene.connect();
    const { lab, world } = scene.simulator;
    world.setOverwrite(lab.general, {
      id: lab.bot.userId,
      type: "member",
      allow: 0n,
      deny: Permission.SEND_MESSAGES,
    });
    const outcome = await adapter.send(replyTo(lab.general.id, "no"));
    assert.ok(outcome.kind === "permanent_failure" && outcome.class === "missing_permissions");
    const unknown = await adapter.send(replyTo("1234567890123456789", "no"));
    assert.ok(unknown.kind === "permanent_failure" && unknown.class === "unknown_target");
    const state = adapter.state();
    assert.deepEqual([state.readiness, state.canSend, state.lastError], ["ready", true, null]);
    assert.equal((await adapter.send(replyTo(lab.random.id, "yes"))).kind, "delivered");
  });

  it("that answers where the bot may not read the history comes as a message of its own", async () => {
    const { adapter } = await scene.connect();
    const { lab, people, world } = scene.simulator;
    people.write("ada", "general", "a question");
    const question = lab.general.messages.at(-1)?.id ?? "";
    world.setOverwrite(lab.general, {
      id: lab.bot.userId,
      type: "member",
      allow: 0n,
      deny: Permission.READ_MESSAGE_HISTORY,
    });
    const answer = replyTo(lab.general.id, "an answer", { in_reply_to_message_id: question });
    const outcome = await adapter.send(answer);
    assert.equal(outcome.kind, "delivered");
    assert.deepEqual(await adapter.send(answer), outcome, "and is there once");
    assert.equal(lab.general.messages.filter(({ content }) => content === "an answer").length, 1);
  });

  it("to a place that is no channel's id is refused without a request", async () => {
    const { adapter } = await scene.connect();
    const { lab } = scene.simulator;
    for (const place of ["1.2", "channel:1", "../../users/@me", "..%2f1"]) {
      const outcome = await adapter.send(
        replyTo(lab.general.id, "x", { conversation_id: `discord:channel:${place}` }),
      );
      assert.equal(outcome.kind, "permanent_failure");
    }
    assert.equal(posts(), 0);
  });

  it("with a token that is refused stops the account and names the reason, never the token", async () => {
    const host = new RecordingHost(scene.simulator.lab.bot.token);
    const { adapter } = await scene.connect(host);
    const old = scene.simulator.lab.bot.token;
    scene.simulator.lab.bot.token = "another.token.altogether";
    const outcome = await adapter.send(replyTo(scene.simulator.lab.general.id, "x"));
    assert.ok(outcome.kind === "permanent_failure" && outcome.class === "auth_failed");
    const state = adapter.state();
    assert.deepEqual([state.readiness, state.canSend], ["auth_failed", false]);
    const shown = JSON.stringify([state, outcome, adapter.rateLimits()]);
    assert.ok(!shown.includes(old) && !shown.includes(old.slice(-6)));
    host.token = "another.token.altogether";
    adapter.credentialsChanged("global/discord_bot_token");
    await until(() => adapter.state().readiness === "ready");
    assert.equal(adapter.state().canSend, true);
  });

  it("whose answer is lost was sent, and the next attempt does not send it again", async () => {
    const { adapter } = await scene.connect();
    const { faults, lab } = scene.simulator;
    faults.add({ kind: "loseResponse", method: "POST", pathIncludes: "/messages", times: 1 });
    const request = replyTo(lab.general.id, "lost");
    assert.equal((await adapter.send(request)).kind, "retry");
    assert.equal((await adapter.send(request)).kind, "delivered");
    assert.equal(lab.general.messages.length, 1);
  });
});

describe("A request to Discord", () => {
  let servers: Server[] = [];
  afterEach(async () => {
    await Promise.all(
      servers.map(
        (server) =>
          new Promise((resolve) => {
            server.close(resolve);
            server.closeAllConnections();
          }),
      ),
    );
    servers = [];
  });

  const listen = async (server: Server): Promise<number> => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };

  it("never follows a redirect, so that the token stays with its server", async () => {
    const seen: string[] = [];
    const other = await listen(
      createServer((request, response) => {
        seen.push(request.headers.authorization ?? "no token");
        response.end("{}");
      }),
    );
    const port = await listen(
      createServer((_request, response) => {
        response.writeHead(307, { location: `http://127.0.0.1:${other}/api/v10/gateway/bot` }).end();
      }),
    );
    const base = new URL(`http://127.0.0.1:${port}/api`);
    const rest = new DiscordRest(base, "secret", new AbortController().signal);
    await assert.rejects(rest.gatewayBot(), /redirect \(307\)/);
    const outcome = await sendMessage(rest, replyTo("1234567890123456789", "x"));
    assert.equal(outcome.kind === "retry" && outcome.class, "transient_network");
    assert.deepEqual(seen, []);
    rest.dispose();
  });

  it("that is to wait by the body of the answer alone waits, and so does everything else", async () => {
    let asked = 0;
    const port = await listen(
      createServer((_request, response) => {
        asked += 1;
        response.writeHead(429, { "content-type": "application/json" });
        response.end(JSON.stringify({ message: "wait", retry_after: 1.25, global: true }));
      }),
    );
    const base = new URL(`http://127.0.0.1:${port}/api`);
    const rest = new DiscordRest(base, "x", new AbortController().signal);
    for (const channel of ["1234567890123456789", "1234567890123456790"]) {
      const outcome = await sendMessage(rest, replyTo(channel, "x"));
      assert.ok(outcome.kind === "retry" && outcome.class === "rate_limit");
      assert.ok((outcome.retry_after_ms ?? 0) > 1_000, JSON.stringify(outcome));
    }
    assert.equal(asked, 1);
    assert.ok((rest.rateLimits(Date.now()).globalRetryAfterMs ?? 0) > 0);
    rest.dispose();
  });

  it("to a host that cannot be found is tried again later and fails no message for good", async () => {
    const rest = new DiscordRest(new URL("http://palyra.invalid/api"), "x", new AbortController().signal);
    const outcome = await sendMessage(rest, replyTo("1234567890123456789", "x"));
    assert.equal(outcome.kind === "retry" && outcome.class, "transient_network");
    rest.dispose();
  });
});
