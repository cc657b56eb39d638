import assert from "node:assert/strict";
import type { AttachmentFolder } from "../../../src/connectors/attachments/attachment-folder.ts";
import { defaultAttachmentLimits } from "../../../src/connectors/attachments/attachment-policy.ts";
import { ErrorEnvelope } from "../../../src/contracts/errors.ts";
import { MediaConfig } from "../../../src/contracts/media-config.ts";
import { RouterConfig } from "../../../src/contracts/router-config.ts";
import type { TurnFile } from "../../../src/gateway/agent/agent.ts";
import { echoAgent, echoGreeting } from "../../../src/gateway/agent/echo-agent.ts";
import { discordSpecs } from "../../../src/gateway/discord-specs.ts";
import { buildGatewayStatus, type GatewayFacts } from "../../../src/gateway/gateway-status.ts";
import { refusalOfCaller } from "../../../src/gateway/http/loopback-guard.ts";
import { parseConfig } from "../../../src/gateway/parse-config.ts";
import { PalyraError } from "../../../src/platform/errors.ts";
import { Redactor } from "../../../src/platform/redactor.ts";
import { bearerToken } from "../../../src/sidecar/http/bearer-token.ts";
import { answerForThrown, errorAnswer } from "../../../src/sidecar/http/error-envelope.ts";

const redactor = new Redactor();

describe("palyra.toml", () => {
  it("that is missing or empty means all defaults", async () => {
    const { config } = await parseConfig("", "palyra.toml");
    assert.deepEqual(config, {
      version: 1,
      channels: { discord: {} },
      router: RouterConfig.parse({}),
      media: MediaConfig.parse({}),
      webhooks: { hosts: [] },
      model: { provider: "echo" },
    });
  });

  it("with a syntax error names the line", async () => {
    const text = "[channels.discord.default]\nenabled = tru\n";
    await assert.rejects(parseConfig(text, "palyra.toml"), { code: "config_invalid", message: /line 2/ });
  });

  it("with a wrong value or unknown key names the field", async () => {
    const wrong = '[channels.discord.default]\nallowed_channels = ["general"]\n';
    await assert.rejects(parseConfig(wrong, "f"), {
      message: /channels\.discord\.default\.allowed_channels\.0/,
    });
    await assert.rejects(parseConfig("[chanels]\n", "f"), { message: /chanels/ });
    await assert.rejects(parseConfig("[channels.discord.Default]\n", "f"), { code: "config_invalid" });
  });

  it("has one hash for one meaning", async () => {
    const { hash: first } = await parseConfig('[model]\nprovider = "echo"\n', "f");
    assert.equal((await parseConfig("# a comment\nversion = 1\n", "f")).hash, first);
    assert.notEqual((await parseConfig("[channels.discord.a]\n", "f")).hash, first);
  });
});

describe("A caller of the gateway", () => {
  const refused = (host: string | undefined, origin?: string): boolean =>
    refusalOfCaller({ host, origin }, 7142) !== null;

  it("is let in by the names of the loopback interface and the bound port", () => {
    for (const host of ["127.0.0.1:7142", "localhost:7142", "LOCALHOST:7142", "[::1]:7142"]) {
      assert.ok(!refused(host), host);
      assert.ok(!refused(host, `http://${host.toLowerCase()}`));
    }
  });

  it("is refused under any other name, port or origin", () => {
    for (const host of [
      undefined,
      "",
      "evil.example:7142",
      "127.0.0.1",
      "127.0.0.1:80",
      "127.0.0.1.evil.example:7142",
    ]) {
      assert.ok(refused(host), host);
    }
    for (const origin of [
      "http://evil.example",
      "null",
      "",
      "file://",
      "http://localhost:9",
      "ftp://localhost:7142",
    ]) {
      assert.ok(refused("localhost:7142", origin), origin);
    }
  });

  it("shows its token in a bearer header", () => {
    assert.equal(bearerToken("Bearer abc-_.~+/=="), "abc-_.~+/==");
    assert.equal(bearerToken("bearer abc"), "abc");
    for (const header of [undefined, "", "Bearer", "Bearer a b", "Basic abc", "Bearer ü"]) {
      assert.equal(bearerToken(header), null);
    }
  });
});

describe("A failed request is answered", () => {
  it("in the one form, whatever was thrown", () => {
    const thrown = [
      new PalyraError("forbidden", "No."),
      Object.assign(new Error("x"), { code: "FST_ERR_CTP_BODY_TOO_LARGE", statusCode: 413 }),
      Object.assign(new Error("x"), { code: "FST_ERR_CTP_INVALID_MEDIA_TYPE", statusCode: 415 }),
      Object.assign(new Error("odd"), { statusCode: 418 }),
      new TypeError("some detail"),
      "text",
    ];
    const answers = thrown.map((one) => answerForThrown(one, redactor));
    for (const answer of answers) assert.ok(ErrorEnvelope.safeParse(answer.body).success);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [403, 413, 415, 418, 500, 500],
    );
    assert.ok(!JSON.stringify(answers[4]).includes("detail"));
  });

  it("without the secrets its message held, and says so", () => {
    const { body } = errorAnswer("unauthorized", "Refused: Bearer abcDEF123456", redactor);
    assert.ok(body.redacted && !body.error.includes("abcDEF123456"));
  });
});

describe("The echo agent", () => {
  const signal = new AbortController().signal;
  const reply = (body: string, files: readonly TurnFile[] = []) =>
    echoAgent.reply({ body } as Parameters<typeof echoAgent.reply>[0], files, signal);

  it("says back what the person wrote, and greets who wrote nothing", async () => {
    assert.deepEqual(await reply(" two\nlines "), [{ text: "two\nlines" }]);
    assert.deepEqual(await reply("  "), [{ text: echoGreeting }]);
  });

  it("names the files that came, and why one was not taken", async () => {
    const size = { width: 1, height: 1 };
    const cat: TurnFile = {
      name: "cat.png",
      bytes: 12_345,
      content: { type: "image/png", digest: "0".repeat(64), bytes: 12_345, ...size },
    };
    const program: TurnFile = {
      name: "a.exe",
      bytes: null,
      content: { allowed: false, reason: "attachment_metadata_type_blocked", detail: "" },
    };
    assert.deepEqual(await reply("look", [cat]), [{ text: "look\n(1 file: cat.png, 12 kB)" }]);
    assert.deepEqual(await reply("", [cat, program]), [
      { text: "(2 files: cat.png, 12 kB; a.exe, not taken: this kind of file is not taken)" },
    ]);
  });

  it("gives a text back as a file to who wishes so", async () => {
    const [answer, ...others] = await reply("As a file: good morning");
    assert.deepEqual(others, []);
    assert.deepEqual(
      answer?.files?.map(({ name, content }) => [name, Buffer.from(content).toString()]),
      [["echo.txt", "good morning"]],
    );
  });
});

describe("The gateway's status", () => {
  const facts: GatewayFacts = {
    store: {
      totals: { received: 1, answered: 1, dead_letters: 0 },
      recentMessages: [],
      undelivered: [],
      newestEventId: null,
    },
    storeProblem: null,
    configProblem: null,
    configHash: "0",
    connectors: [],
    approvals: null,
    webhooks: null,
  };
  const problem = new PalyraError("config_invalid", "Line 3.").toDetails();

  it("is ok without a reason, and has one sentence for each fault", () => {
    assert.deepEqual(buildGatewayStatus(facts).reasons, []);
    assert.equal(buildGatewayStatus(facts).health, "ok");
    const degraded = buildGatewayStatus({ ...facts, configProblem: problem });
    assert.deepEqual([degraded.health, degraded.reasons], ["degraded", [problem]]);
    assert.equal(buildGatewayStatus({ ...facts, storeProblem: problem }).health, "unhealthy");
  });

  it("says of numbers that it does not know them while the store is not open, and never zero", () => {
    const { totals, undelivered } = buildGatewayStatus({ ...facts, store: null, storeProblem: problem });
    assert.deepEqual([totals, undelivered], [null, undefined]);
  });
});

describe("A Discord account in the configuration", () => {
  it("becomes a connector with canonical rules and its own token", async () => {
    const text =
      '[channels.discord.work]\ninbound_scope = "allowlisted_guild_channels"\nallowed_channels = ["1573888945341595654"]\n';
    const { config, rules } = await parseConfig(text, "f");
    const discord = await import("../../../src/connectors/discord/discord-adapter.ts");
    const [spec] = discordSpecs(config, discord, () => assert.fail("no command is used"), {
      limits: defaultAttachmentLimits,
      folder: {} as AttachmentFolder,
    });
    assert.equal(spec?.connectorId, "discord:work");
    const rule = rules.ruleFor("discord:work", { conversation: null, parent: null, guild: null });
    assert.ok(rule.channels.has("discord:channel:1573888945341595654"));
    assert.equal(rule.direct_message_policy, "pairing");
  });
});
