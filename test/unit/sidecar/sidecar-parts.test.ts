import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { tokenRotationGraceMs } from "../../../src/contracts/control-link.ts";
import type { PalyraError } from "../../../src/platform/errors.ts";
import { FrameGuard, frameHeaderLimit } from "../../../src/platform/frame-guard.ts";
import { Redactor } from "../../../src/platform/redactor.ts";
import { readBootLine } from "../../../src/sidecar/boot-line.ts";
import { ChangePublisher, publishIntervalMs } from "../../../src/sidecar/change-publisher.ts";
import { listenOnWishedPort } from "../../../src/sidecar/listen-port.ts";
import { type LogRecord, RepeatedLines, repeatWindowMs } from "../../../src/sidecar/log/repeated-lines.ts";
import { SecretClient } from "../../../src/sidecar/secret-client.ts";
import { TokenSet } from "../../../src/sidecar/token-set.ts";
import { bootLine } from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

describe("The boot line", () => {
  it("is read up to its newline, in however many pieces it comes", async () => {
    const boot = bootLine("/state");
    const text = `${JSON.stringify(boot)}\nmore`;
    assert.deepEqual(await readBootLine(Readable.from([text.slice(0, 9), text.slice(9)])), boot);
  });

  it("that is late, too long or cut off is refused without being repeated", async () => {
    const late = readBootLine(new PassThrough(), { deadlineMs: 5 });
    await assert.rejects(late, { code: "config_invalid", message: /within 0.005 s/ });
    const long = readBootLine(Readable.from(["secret".repeat(10)]), { maxBytes: 20 });
    await assert.rejects(long, (error: PalyraError) => !error.message.includes("secret"));
    await assert.rejects(readBootLine(Readable.from(["{}"])), { message: /before its newline/ });
  });

  it("with wrong values names the fields only", async () => {
    const wrong = `${JSON.stringify({ ...bootLine("/state"), tokens: ["tell-nobody"] })}\n`;
    await assert.rejects(readBootLine(Readable.from([wrong])), (error: PalyraError) => {
      assert.match(error.message, /tokens/);
      return !error.message.includes("tell-nobody");
    });
  });
});

describe("The accepted tokens", () => {
  it("are the new ones and, for the time of a rotation, the old ones", () => {
    let now = 0;
    const tokens = new TokenSet(["old"], () => now);
    assert.ok(tokens.accepts("old"));
    tokens.replace(["new"], ["old"]);
    assert.ok(tokens.accepts("new") && tokens.accepts("old"));
    now = tokenRotationGraceMs;
    assert.ok(tokens.accepts("new") && !tokens.accepts("old"));
    assert.deepEqual(tokens.valid(), ["new"]);
    assert.ok(!tokens.accepts(""));
  });
});

describe("A wished port", () => {
  const taken = Object.assign(new Error("taken"), { code: "EADDRINUSE" });

  it("gives way to a free one when it is taken, unless it is pinned", async () => {
    const listen = async (port: number): Promise<number> => {
      if (port === 7142) throw taken;
      return 50_000;
    };
    assert.equal(await listenOnWishedPort({ number: 7142, pinned: false }, listen), 50_000);
    await assert.rejects(listenOnWishedPort({ number: 7142, pinned: true }, listen), {
      code: "port_in_use",
      message: /7142/,
    });
  });
});

describe("Messages on the control link", () => {
  const frame = (body: string): string => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const passed = async (chunks: string[]): Promise<string> => {
    let text = "";
    await pipeline(
      Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
      new FrameGuard(1_000),
      async (source: AsyncIterable<Buffer>) => {
        for await (const chunk of source) text += chunk.toString();
      },
    );
    return text;
  };

  it("pass unchanged, however they are cut", async () => {
    const text = frame('{"a":1}') + frame("ü".repeat(500)) + frame("{}");
    const bytes = [...Buffer.from(text)].map((byte) => String.fromCharCode(byte));
    assert.equal(await passed([text]), text);
    let single = "";
    const guard = new FrameGuard(1_000);
    guard.on("data", (chunk: Buffer) => {
      single += chunk.toString("latin1");
    });
    for (const byte of bytes) guard.write(Buffer.from(byte, "latin1"));
    guard.end();
    await new Promise((resolve) => guard.on("end", resolve));
    assert.equal(Buffer.from(single, "latin1").toString(), text);
  });

  it("that are too large are refused by their header, before the body is there", async () => {
    const announced = `Content-Length: 1001\r\n\r\n`;
    await assert.rejects(passed([frame("{}") + announced]), /larger/);
    await assert.rejects(passed(["x".repeat(frameHeaderLimit + 1)]), /too long/);
    await assert.rejects(passed(["X-Nothing: 1\r\n\r\n"]), /no length/);
  });
});

describe("Messages that come faster than they are handled", () => {
  it("wait with their sender until there is room", async () => {
    let handled = 0;
    const guard: FrameGuard = new FrameGuard(1_000, () => guard.frames - handled >= 3);
    const frame = Buffer.from("Content-Length: 2\r\n\r\n{}");
    let passed = 0;
    guard.on("data", () => {
      passed += 1;
    });
    for (let count = 0; count < 10; count += 1) guard.write(frame);
    await waitUntil("three are through", () => passed === 3);
    assert.equal(guard.frames, 3);
    handled = 2;
    guard.resumeWhenRoom();
    await waitUntil("two more are through", () => passed === 5);
    handled = 10;
    guard.resumeWhenRoom();
    await waitUntil("all are through", () => passed === 10);
  });
});

describe("A status", () => {
  it("is published when it changed, and no more than ten times a second", async () => {
    let value = { health: "ok", count: 0 };
    const published: number[] = [];
    const publisher = new ChangePublisher(
      () => value,
      () => published.push(performance.now()),
    );
    publisher.touch();
    await waitUntil("the first", () => published.length === 1);
    publisher.touch();
    value = { ...value };
    publisher.flush();
    assert.equal(published.length, 1, "nothing has changed");
    for (let count = 1; count <= 50; count += 1) {
      value = { health: "ok", count };
      publisher.touch();
    }
    await waitUntil("the second", () => published.length === 2);
    const [first = 0, second = 0] = published;
    assert.ok(second - first >= publishIntervalMs - 2);
  });
});

describe("Repeated log lines", () => {
  const record = (message: string, unixMs = 0): LogRecord => ({ unixMs, level: "warn", message, fields: {} });
  const run = (records: LogRecord[]): string[] => {
    const lines: string[] = [];
    const repeated = new RepeatedLines((one) => lines.push(one.message));
    for (const one of records) repeated.pass(one);
    repeated.settle();
    return lines;
  };

  it("are counted instead of repeated", () => {
    const lines = run([record("a"), record("a"), record("a"), record("b"), record("a")]);
    assert.deepEqual(lines, ["a", "a (repeated 2 times)", "b", "a"]);
  });

  it("are shown again after a while, so that a lasting fault stays visible", () => {
    assert.deepEqual(run([record("a"), record("a", 5), record("a", repeatWindowMs)]), [
      "a",
      "a (repeated once)",
      "a",
    ]);
  });
});

describe("A secret", () => {
  const missing = { code: "secret_missing", message: "none", next_step: "Store it." } as const;
  const never = new AbortController().signal;
  const keeps = { changeSecret: async () => ({ done: true as const }) };

  it("is asked of the controllers, and from then on never shown", async () => {
    const redactor = new Redactor();
    const source = {
      ...keeps,
      requestSecret: async () => ({ found: true as const, value: "the-bot-token" }),
    };
    const client = new SecretClient({ sources: () => [source], redactor, log: quiet });
    assert.equal(await client.get("global/x", never), "the-bot-token");
    assert.ok(!redactor.redact("got the-bot-token").includes("the-bot-token"));
  });

  it("that one controller does not have is asked of the next", async () => {
    const without = { ...keeps, requestSecret: async () => ({ found: false as const, error: missing }) };
    const broken = { ...keeps, requestSecret: async () => Promise.reject(new Error("gone")) };
    const home = { ...keeps, requestSecret: async () => ({ found: true as const, value: "the-bot-token" }) };
    const sources = { sources: () => [without, broken, home], redactor: new Redactor(), log: quiet };
    assert.equal(await new SecretClient(sources).get("global/x", never), "the-bot-token");
    const nobody = new SecretClient({ ...sources, sources: () => [broken, without] });
    await assert.rejects(nobody.get("global/x", never), { code: "secret_missing" });
  });

  it("is waited for while no controller is there, until it comes or the wait is given up", async () => {
    const sources: (typeof keeps & { requestSecret: () => Promise<{ found: true; value: string }> })[] = [];
    const client = new SecretClient({ sources: () => sources, redactor: new Redactor(), log: quiet });
    const given = new AbortController();
    const abandoned = client.get("global/x", given.signal);
    given.abort(new Error("enough"));
    await assert.rejects(abandoned, /enough/);
    const waiting = client.get("global/x", never);
    sources.push({ ...keeps, requestSecret: async () => ({ found: true, value: "the-bot-token" }) });
    client.controllerJoined();
    assert.equal(await waiting, "the-bot-token");
  });

  it("that a controller does not hand over in time is reported as unavailable", async () => {
    const source = { ...keeps, requestSecret: () => new Promise<never>(() => undefined) };
    const options = { sources: () => [source], redactor: new Redactor(), log: quiet, timeoutMs: 5 };
    await assert.rejects(new SecretClient(options).get("global/x", never), {
      code: "secret_store_unavailable",
    });
  });

  it("that the owner gave to a service is kept by the first controller that can, and never shown", async () => {
    const redactor = new Redactor();
    const asked: unknown[] = [];
    const elsewhere = { code: "secrets_elsewhere", message: "not here", next_step: "Open VS Code." } as const;
    const none = { requestSecret: async () => ({ found: false as const, error: missing }) };
    const cannot = { ...none, changeSecret: async () => ({ done: false as const, error: elsewhere }) };
    const gone = { ...none, changeSecret: async () => Promise.reject(new Error("gone")) };
    const home = {
      ...none,
      changeSecret: async (change: unknown) => {
        asked.push(change);
        return { done: true as const };
      },
    };
    const client = (...sources: (typeof cannot | typeof gone | typeof home)[]) =>
      new SecretClient({ sources: () => sources, redactor, log: quiet });
    await client(cannot, gone, home).change("global/x", "a-new-bot-token");
    await client(home).change("global/x", null);
    assert.deepEqual(asked, [
      { ref: "global/x", value: "a-new-bot-token" },
      { ref: "global/x", value: null },
    ]);
    assert.ok(!redactor.redact("got a-new-bot-token").includes("a-new-bot-token"));
    await assert.rejects(client(gone, cannot).change("global/x", null), { code: "secrets_elsewhere" });
    await assert.rejects(client().change("global/x", null), { code: "secret_store_unavailable" });
  });
});
