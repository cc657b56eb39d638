import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { Redactor, redactionMarker } from "../../../src/platform/redactor.ts";
import { isSensitiveKey } from "../../../src/platform/sensitive-keys.ts";

const redact = (text: string, ...secrets: string[]): string => {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor.redact(text);
};

describe("Redactor", () => {
  it("removes a live secret wherever it stands, also inside JSON, URLs and base64", () => {
    const secret = 'a"b/c+d e\\f0123456789';
    for (const text of [
      `plain ${secret} text`,
      JSON.stringify({ note: secret }),
      `http://127.0.0.1/?x=${encodeURIComponent(secret)}`,
      Buffer.from(secret).toString("base64"),
    ]) {
      const clean = redact(text, secret);
      assert.ok(clean.includes(redactionMarker), clean);
      assert.ok(!clean.includes(secret) && !clean.includes(encodeURIComponent(secret)), clean);
    }
  });

  it("never lets a live secret through, whatever surrounds it", () => {
    const secret = fc.string({ minLength: 12, maxLength: 64, unit: fc.constantFrom(..."abcXYZ0189-_") });
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        assert.ok(!redact(`${before}${value}${after}`, value).includes(value));
      }),
      { numRuns: 500 },
    );
  });

  const cases: ReadonlyArray<readonly [string, string, string]> = [
    ["authorization headers", "authorization=S1secret and code=429", "authorization=<redacted> and code=429"],
    ["bearer words", "Bearer abc123XYZ9 ok", "Bearer <redacted> ok"],
    ["bearer words behind a key", "oauth=Bearer abc123XYZ9 ok", "oauth=Bearer <redacted> ok"],
    ["keys with a blank before the value", "token: hunter2hunter", "token: <redacted>"],
    ["JSON members", '{"api_key":"k-1","mode":"ok"}', '{"api_key":"<redacted>","mode":"ok"}'],
    [
      "JSON inside JSON",
      '{"body":"{\\"token\\":\\"k-1\\",\\"a\\":1}"}',
      '{"body":"{\\"token\\":\\"<redacted>\\",\\"a\\":1}"}',
    ],
    [
      "query parameters, keeping the later ones",
      "https://host.test/cb?token=S2&mode=ok#access_token=S3",
      "https://host.test/cb?token=<redacted>&mode=ok#access_token=<redacted>",
    ],
    ["user names and passwords in addresses", "http://user:pass@host.test/x", "http://host.test/x"],
    [
      "Discord tokens without any key",
      "login with MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB failed",
      "login with <redacted> failed",
    ],
    [
      "headers of any scheme",
      "Authorization: ApiKey abc123XYZ9 and authorization: Negotiate YIIZ1234= ok",
      "Authorization: <redacted> and authorization: <redacted> ok",
    ],
    ["credentials in quotes", 'authorization: Bearer "abc123XYZ9" ok', "authorization: <redacted> ok"],
    [
      "lists of signatures",
      "webhook-signature: v1,YWJjZA== v1,ZWZnaA== and Stripe-Signature: t=1,v1=abc,v1=def ok",
      "webhook-signature: <redacted> and Stripe-Signature: <redacted> ok",
    ],
    [
      "maps as Node.js prints them",
      "Map(1) { 'token' => 'S1secret' } x := 1 secret := S2",
      "Map(1) { 'token' => '<redacted>' } x := 1 secret := <redacted>",
    ],
    [
      "options of a command line, also in a list",
      "spawnargs: [ '--token', 'S1secret', '--token-file', '/a' ] palyra --api-key S2secret --json",
      "spawnargs: [ '--token', '<redacted>', '--token-file', '/a' ] palyra --api-key <redacted> --json",
    ],
    [
      "encrypted private keys and those of PGP",
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\nMIIE\n-----END RSA PRIVATE KEY-----\n-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----\nok",
      "<redacted>\n<redacted>\nok",
    ],
    [
      "session cookies, but not the names of sessions",
      "session=S1 session_id=S2",
      "session=<redacted> session_id=S2",
    ],
    [
      "texts of several lines in TOML, also inside JSON",
      `token = """\nS1\n"""\nsecret = '''S2''' ${JSON.stringify('token = """S3"""')} ok`,
      `token = """<redacted>"""\nsecret = '''<redacted>''' ${JSON.stringify('token = """<redacted>"""')} ok`,
    ],
    [
      "keys and values in the colours of a terminal",
      "\u001b[31mtoken\u001b[0m: S1 { secret: \u001b[32m'S 2'\u001b[39m } ok",
      "\u001b[31mtoken\u001b[0m: <redacted> { secret: \u001b[32m'<redacted>'\u001b[39m } ok",
    ],
    ["passwords with blanks in quotes", 'password="a b c" next', 'password="<redacted>" next'],
  ];
  for (const [what, text, expected] of cases) {
    it(`covers ${what}`, () => assert.equal(redact(text), expected));
  }

  for (const harmless of [
    "design=flat signal: green",
    "prompt_tokens: 512, total_tokens=900",
    "The bot connected as palyra and Basic settings were read.",
    "GET /healthz 200 in 3 ms",
    "token=null secret: missing",
    "The option --token is unknown; use --token-stdin or --password-file /run/x.",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBg\n-----END PUBLIC KEY-----",
    "line one\n  line two\ttabbed",
  ]) {
    it(`leaves harmless text as it is: ${JSON.stringify(harmless)}`, () =>
      assert.equal(redact(harmless), harmless));
  }

  it("redacting twice changes nothing more", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const once = redact(text);
        assert.equal(redact(once), once);
      }),
    );
  });

  it("knows sensitive keys in every spelling", () => {
    for (const key of ["xApiKey", "X-API-KEY", "x_api_key", "botToken", "client_secret", "Set-Cookie"])
      assert.ok(isSensitiveKey(key), key);
    for (const key of ["design", "tokens", "keyboard", "sign_in", "monkey"])
      assert.ok(!isSensitiveKey(key), key);
  });

  it("leaves no rest of a secret that begins with another one", () => {
    for (const secrets of [
      ["12345678abcdefgh", "12345678"],
      ["12345678", "12345678abcdefgh"],
    ]) {
      assert.equal(redact("x 12345678abcdefgh 12345678 x", ...secrets), "x <redacted> <redacted> x");
    }
  });

  it("keeps JSON readable as JSON, whatever the value of the key is", () => {
    const value = { token: 12, credentials: { user: "ada", list: ['a"]}'] }, secret: 'b"\\', mode: "ok" };
    const once = JSON.parse(redact(JSON.stringify(value)));
    assert.deepEqual(once, {
      token: redactionMarker,
      credentials: redactionMarker,
      secret: redactionMarker,
      mode: "ok",
    });
    const inner = JSON.parse(JSON.parse(redact(JSON.stringify({ body: JSON.stringify(value) }))).body);
    assert.equal(inner.mode, "ok");
  });

  it("hides the whole of a web token, also when a part of it has the form of another secret", () => {
    const part = "a".repeat(24);
    for (const token of [`eyJ${part}-sk-${part}.${part}.${part}`, `eyJ${part}.${part}-sk-${part}.${part}`]) {
      assert.equal(new Redactor().redact(`got ${token} here`), `got ${redactionMarker} here`);
    }
    for (const none of ["eyJhbGciOi is how one begins", "eyJabcdefgh.abcd", `eyJ${part}`]) {
      assert.equal(new Redactor().redact(none), none);
    }
  });

  it("takes time in proportion to a text, and never gives up on a long one", () => {
    const redactor = new Redactor();
    redactor.add('live"value\\with signs');
    const started = process.cpuUsage();
    for (const unit of [
      'token="',
      "a=",
      "x://",
      "\\",
      '"',
      "%25",
      "token%3D%25",
      "cookie: a; b=c",
      "=",
      "a",
      "sk-",
      "eyJ",
      "-----BEGIN PRIVATE KEY-----\n",
      "authorization: Aa ",
      "signature: v1,a ",
      "signature=v1=",
      "--token ",
      '"--token", "',
    ])
      redactor.redact(unit.repeat(1_000_000 / unit.length));
    redactor.redact(`${"eyJ".repeat(300_000)}.${"eyJ".repeat(300_000)}`);
    redactor.redact(
      `x://${"a".repeat(1_000_000)} -----BEGIN PRIVATE KEY-----${"- ".repeat(500_000)} Bearer ${"%".repeat(1_000_000)} cookie: ${"a=b;".repeat(250_000)}`,
    );
    const { user } = process.cpuUsage(started);
    assert.ok(user < 15_000_000, `${user} us`);
  }).timeout(120_000);
});
