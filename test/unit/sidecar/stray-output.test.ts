import assert from "node:assert/strict";
import fc from "fast-check";
import { Redactor } from "../../../src/platform/redactor.ts";
import { LineBatch } from "../../../src/sidecar/log/line-batch.ts";
import type { PublishedLine } from "../../../src/sidecar/log/sidecar-log.ts";
import { StrayOutput } from "../../../src/sidecar/log/stray-output.ts";

const secret = "Live-vAlue_0123456789";

function lines(chunks: readonly (string | Uint8Array)[]): string[] {
  const redactor = new Redactor();
  redactor.add(secret);
  const taken: string[] = [];
  const output = new StrayOutput(redactor, (line) => taken.push(line));
  for (const chunk of chunks) output.write(chunk);
  output.end();
  return taken;
}

describe("What libraries print", () => {
  it("has no secret in any line, in whatever pieces it comes", () => {
    const text = `Grüße 🔑\ntoken ${secret} used\r\n{"body":"{\\"authorization\\":\\"Bearer abcDEF0123456789\\"}"}\nend ${secret}`;
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        assert.deepEqual(lines(chunks), [
          "Grüße 🔑",
          "token <redacted> used",
          '{"body":"{\\"authorization\\":\\"<redacted>\\"}"}',
          "end <redacted>",
        ]);
      }),
    );
  });

  it("goes on after bytes that are no text", () => {
    assert.deepEqual(lines([Buffer.from([0xff, 0xfe, 0x80, 0x0a]), "next\n"]).at(-1), "next");
  });

  it("shows nothing of a private key, though its lines come one by one", () => {
    const key = [
      "-----BEGIN RSA PRIVATE KEY-----",
      "Proc-Type: 4,ENCRYPTED",
      "",
      "TUlJRXBBSUJBQUtDQVFF",
      "QUFB=",
    ];
    const end = "-----END RSA PRIVATE KEY-----";
    assert.deepEqual(lines([`before\n${[...key, end].join("\r\n")}\nafter\n`]), [
      "before",
      "<redacted>",
      "after",
    ]);
    const cutShort = lines([`${key.join("\n")}\nError: the key has no end\nnext\n`]);
    assert.deepEqual(cutShort, ["<redacted>", "Error: the key has no end", "next"]);
  });

  it("takes time in proportion to its lines, also to blank ones behind the beginning of a private key", () => {
    const started = process.cpuUsage();
    const blank = `${" ".repeat(60_000)}!\n`;
    const taken = lines([
      "-----BEGIN PRIVATE KEY-----\n",
      blank,
      `-----BEGIN PRIVATE KEY-----\nComment: ${blank}`,
    ]);
    assert.equal(taken.length, 3);
    const { user } = process.cpuUsage(started);
    assert.ok(user < 2_000_000, `${user} us`);
  });

  it("is cut when a line has no end, without half a secret at the cut", () => {
    for (let shift = 0; shift <= secret.length; shift += 1) {
      const [line = ""] = lines(["x".repeat(64 * 1024 - shift), secret, "y".repeat(1_000_000), "\n", "next"]);
      assert.ok(line.length < 64 * 1024 && line.endsWith("(cut)"));
      assert.ok(!line.includes(secret.slice(0, 4)));
    }
  });
});

describe("Lines that are sent together", () => {
  const line = (number: number): PublishedLine => ({
    unix_ms: number,
    level: "info",
    line: `line ${number}`,
  });

  it("are all there, and nothing is said, when they are few", () => {
    const batch = new LineBatch();
    for (let number = 0; number < 400; number += 1) batch.add(line(number));
    assert.equal(batch.take().length, 400);
    assert.deepEqual(batch.take(), []);
  });

  it("are the newest of a burst, after a line that counts the others", () => {
    const batch = new LineBatch();
    for (let number = 0; number < 10_000; number += 1) batch.add(line(number));
    const [note, ...kept] = batch.take();
    assert.deepEqual(note, {
      unix_ms: 9_600,
      level: "warn",
      line: "9600 lines before this came too fast to be shown; the log file has all of them.",
    });
    assert.deepEqual([kept.length, kept[0], kept.at(-1)], [400, line(9_600), line(9_999)]);
  });
});
