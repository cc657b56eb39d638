import assert from "node:assert/strict";
import { inspect } from "node:util";
import { describe, it } from "mocha";
import { Redactor } from "../../../src/platform/redactor.ts";
import { type SeededRandom, seededRandom } from "../../torture/seeded-random.ts";

const numberOfLines = 10_000;
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const alphanumeric = `${letters}0123456789`;
const words = "the gateway sent one answer to general after 12 ms because palyra was asked there again".split(
  " ",
);

type Choices<T> = readonly [T, ...T[]];
type Random = SeededRandom;

function characters(random: Random, from: string, length: number): string {
  const choices = [...from];
  return Array.from({ length }, () => choices[whole(random, 0, choices.length)]).join("");
}

function whole(random: Random, from: number, to: number): number {
  return Math.floor(random.between(from, to));
}

function sentence(random: Random): string {
  return Array.from({ length: whole(random, 1, 6) }, () => words[whole(random, 0, words.length)]).join(" ");
}

/** Secrets as makers form them; the redactor is not told of them. */
const vendorSecrets: Choices<(random: Random) => string> = [
  (random) =>
    `${characters(random, letters, 26)}.${characters(random, alphanumeric, 6)}.${characters(random, `${alphanumeric}-_`, 37)}x`,
  (random) =>
    `eyJ${characters(random, alphanumeric, 17)}.${characters(random, `${alphanumeric}-_`, 40)}.${characters(random, alphanumeric, 43)}`,
  (random) => `sk-proj-${characters(random, alphanumeric, 40)}`,
  (random) => `${random.pick(["sk", "rk"])}_live_${characters(random, alphanumeric, 24)}`,
  (random) => `gh${random.pick(["p", "o", "s"])}_${characters(random, alphanumeric, 36)}`,
  (random) => `github_pat_${characters(random, alphanumeric, 22)}_${characters(random, alphanumeric, 40)}`,
  (random) => `xoxb-${characters(random, "0123456789", 12)}-${characters(random, alphanumeric, 24)}`,
  (random) => `glpat-${characters(random, alphanumeric, 20)}`,
  (random) => `whsec_${characters(random, alphanumeric, 32)}`,
  (random) => `AIza${characters(random, `${alphanumeric}-_`, 35)}`,
];

/** Values that the redactor is told of, of any form. */
const liveSecrets: Choices<(random: Random) => string> = [
  (random) => characters(random, `${alphanumeric}-_`, 43),
  (random) => characters(random, `${alphanumeric}+/`, whole(random, 8, 30)),
  (random) => `a${characters(random, `${alphanumeric}"'\\/ %&=+#?<>{}[],:;é€🔑\t`, whole(random, 10, 40))}z`,
  (random) => `${characters(random, alphanumeric, 12)}\n${characters(random, `${alphanumeric}"\\`, 16)}0`,
];

/** Texts around a secret that its form or its value is found in. */
const surroundings: Choices<(random: Random, secret: string) => string> = [
  (random, secret) => `${sentence(random)} ${secret} ${sentence(random)}`,
  (_, secret) => `${secret}`,
  (random, secret) => JSON.stringify({ level: "info", message: `${sentence(random)}\n${secret}`, pid: 1 }),
  (random, secret) => nested(random, { note: secret }, whole(random, 1, 5)),
  (random, secret) => nested(random, [`${sentence(random)}\t${secret}\n`], whole(random, 1, 5)),
  (random, secret) => inspect({ [random.pick(["a", "b c"])]: { headers: [secret] } }),
  (random, secret) => `GET https://host.test/a?x=${encoded(secret, whole(random, 1, 4))}&mode=ok 200`,
  (_, secret) => `POST /form ${new URLSearchParams({ first: "1", note: secret, mode: "ok" })}`,
  (random, secret) =>
    JSON.stringify({
      url: `https://host.test/#n=${encoded(JSON.stringify({ a: secret }), whole(random, 1, 3))}`,
    }),
  (random, secret) => `Error: ${sentence(random)} (${secret})\n    at call (file:///srv/a.js:1:2)`,
  (_, secret) => `Authorization: Basic ${Buffer.from(`ada:${secret}`).toString("base64")}`,
  (_, secret) => `{"authorization":"Basic ${Buffer.from(`${secret}:`).toString("base64")}"}`,
  (_, secret) => `curl -H 'Authorization: Bearer ${secret.replace(/\s/g, "_")}' (${secret})`,
];

/** Texts in which only the live value itself can be found. */
const liveSurroundings: Choices<(random: Random, secret: string) => string> = [
  (random, secret) =>
    `body ${Buffer.from(`${sentence(random)}${secret}${sentence(random)}`).toString("base64")}`,
  (random, secret) => `body ${Buffer.from(`${sentence(random)}${secret}!`).toString("base64url")}`,
  (_, secret) => `<Buffer ${Buffer.from(secret).toString("hex")}>`,
  (_, secret) => JSON.stringify(`a ${secret}`).replace(/[^ -~]/g, (unit) => `\\u${hex(unit)}`),
  (_, secret) => JSON.stringify(`a ${secret}`).replaceAll("/", "\\/"),
  (_, secret) => encodeURIComponent(secret).replace(/%[0-9A-F]{2}/g, (digits) => digits.toLowerCase()),
];

/** Texts in which a word without any form is a secret by what stands before it. */
const keyed: Choices<(random: Random, secret: string) => string> = [
  (_, secret) => `Authorization: Bearer ${secret}`,
  (_, secret) => `authorization: bot ${secret}`,
  (_, secret) => `cookie: theme=dark; session=${secret}; x=1`,
  (_, secret) => `Authorization: Digest username="ada", response="${secret}"`,
  (_, secret) => `Set-Cookie: session=${secret}; Path=/; HttpOnly`,
  (random, secret) => `${sentence(random)} x-api-key = ${secret}`,
  (_, secret) => `password: '${secret} and more'`,
  (_, secret) => `{"user":"ada","clientSecret":"${secret}","mode":1}`,
  (_, secret) => JSON.stringify({ credentials: { user: "ada", value: [secret, secret] }, mode: 1 }),
  (random, secret) => nested(random, { access_token: secret, mode: 1 }, whole(random, 1, 5)),
  (random, secret) =>
    JSON.stringify({ message: `${sentence(random)}\ntoken=${secret}\n${sentence(random)}` }),
  (_, secret) => `https://host.test/cb?code=1&token=${secret}&mode=ok#signature=${secret}`,
  (random, secret) =>
    `to=${encoded(`https://host.test/cb?token=${secret}&mode=ok`, whole(random, 1, 4))}&mode=ok`,
  (random, secret) => `q=${encoded(JSON.stringify({ token: secret, mode: "ok" }), whole(random, 1, 3))}`,
  (_, secret) => `authorization: ApiKey ${secret}A1`,
  (_, secret) => `webhook-signature: v1,${secret} v1a,${secret}`,
  (_, secret) => inspect(new Map([["client_secret", secret]])),
  (_, secret) => `spawn palyra --token ${secret}1 --json`,
  (_, secret) => inspect({ spawnargs: ["--auth-token", `${secret}1`, "--json"] }),
  (_, secret) => `postgres://ada:${secret}@db.test/main`,
  (_, secret) => `https%3A%2F%2Fada%3A${secret}%40db.test%2Fmain`,
  (_, secret) => `https://discord.test/api/v10/webhooks/123456789012345678/${secret}${secret}/messages`,
  (_, secret) =>
    `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n${secret}\n-----END RSA PRIVATE KEY-----\nnext line`,
];

const harmless: Choices<(random: Random) => string> = [
  (random) => sentence(random),
  (random) =>
    JSON.stringify({ level: "info", message: sentence(random), ms: whole(random, 0, 900), ok: true }),
  (random) =>
    nested(random, { text: sentence(random), list: [1, null, 'a\\b"c'], none: {} }, whole(random, 1, 5)),
  (random) =>
    `GET /console/v1/channels?page=${whole(random, 1, 99)}&mode=ok#top 200 in ${whole(random, 1, 99)} ms`,
  (random) =>
    `  at Gateway.start (file:///home/ada/.local/palyra/gateway.mjs:${whole(random, 1, 9_999)}:17)\n\tnext`,
  (random) =>
    `message 15738889453415${characters(random, "0123456789", 5)} in <#1573888945341599744> delivered`,
  (random) =>
    `trace=01JD8Z5XKQW3E4R5T6Y7V8${characters(random, "0123456789ABCDEFGH", 4)} state=running ports=[7142]`,
  (random) => `prompt_tokens: ${whole(random, 1, 9_000)}, total_tokens=900 design=flat signal: green keys: 3`,
  (random) =>
    `sha256 ${characters(random, "0123456789abcdef", 64)} ${characters(random, "0123456789abcdef", 8)}`,
  (random) =>
    `The bot ${random.pick(["connected", "Connected.", "1573888945341599744", "discord-default"])} again`,
  (random) => `Basic ${random.pick(["settings", "Settings:", "rules,"])} were read; bearer ${"of"} good news`,
  (random) => `token=null secret: missing "cookie":false, password: none ${sentence(random)}`,
  (random) =>
    `2026-11-22T05:${whole(random, 10, 60)}:44.123Z wss://gateway.test/?v=10&encoding=json C:\\new\\table`,
  (random) =>
    `ada@host.test wrote task-${whole(random, 1, 9)} grüße 🔑 %20 \\u0041 ${encodeURIComponent(sentence(random))}`,
];

function hex(unit: string): string {
  return unit.charCodeAt(0).toString(16).padStart(4, "0");
}

function encoded(text: string, times: number): string {
  return times === 0 ? text : encoded(encodeURIComponent(text), times - 1);
}

function nested(random: Random, value: unknown, depth: number): string {
  const text = JSON.stringify(value);
  return depth <= 1 ? text : nested(random, { body: text, at: whole(random, 1, 99) }, depth - 1);
}

/** Every way in which a value could still be read from a text. */
function readable(text: string): string[] {
  const found = [text];
  for (let depth = 0; depth < 5; depth += 1) {
    const before = found.at(-1) ?? "";
    found.push(
      before
        .replace(/\\+u([0-9a-f]{4})/gi, (_, digits: string) =>
          String.fromCharCode(Number.parseInt(digits, 16)),
        )
        .replace(/\\([\\"'/])/g, "$1"),
    );
  }
  for (let depth = 0; depth < 4; depth += 1) {
    const before = found.at(-1) ?? "";
    found.push(
      before.replace(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) =>
        Buffer.from(bytes.replaceAll("%", ""), "hex").toString(),
      ),
    );
  }
  for (const [word] of text.matchAll(/[A-Za-z0-9+/_-]{8,}={0,2}/g)) {
    for (const skipped of [0, 1, 2, 3])
      found.push(Buffer.from(word.slice(skipped), "base64").toString("latin1"));
  }
  return found;
}

describe("Ten thousand lines of a log", () => {
  const seed = Number(process.env.PALYRA_FUZZ_SEED ?? 20_261_122);

  it(`with secrets, in whatever they are wrapped, leak none (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const lives = Array.from({ length: 16 }, (_, index) =>
      (liveSecrets[index % 4] ?? liveSecrets[0])(random),
    );
    const redactor = new Redactor();
    for (const live of lives) redactor.add(live);
    const leaks: string[] = [];
    for (let line = 0; line < numberOfLines; line += 1) {
      const live = lives[line % lives.length] ?? "";
      const [secret, text] = random.pick<() => readonly [string, string]>([
        () => [live, random.pick(surroundings)(random, live)],
        () => [live, random.pick(liveSurroundings)(random, live)],
        () => {
          const vendor = random.pick(vendorSecrets)(random);
          return [vendor, random.pick(surroundings)(random, vendor)];
        },
        () => {
          const opaque = characters(random, alphanumeric, 16);
          return [opaque, random.pick(keyed)(random, opaque)];
        },
      ])();
      const clean = redactor.redact(text);
      const parts = secret.split("\n");
      if (readable(clean).some((form) => parts.some((part) => form.includes(part))))
        leaks.push(`${text}\n  -> ${clean}`);
      else if (redactor.redact(clean) !== clean) leaks.push(`changes again: ${clean}`);
    }
    assert.deepEqual(leaks.slice(0, 5), [], `${leaks.length} of ${numberOfLines}, seed ${seed}`);
  }).timeout(60_000);

  it(`without secrets are not changed (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const redactor = new Redactor();
    for (let index = 0; index < 16; index += 1)
      redactor.add((liveSecrets[index % 4] ?? liveSecrets[0])(random));
    const changed: string[] = [];
    for (let line = 0; line < numberOfLines; line += 1) {
      const text = random.pick(harmless)(random);
      if (redactor.redact(text) !== text) changed.push(`${text}\n  -> ${redactor.redact(text)}`);
    }
    assert.deepEqual(changed.slice(0, 5), [], `${changed.length} of ${numberOfLines}, seed ${seed}`);
  }).timeout(60_000);
});
