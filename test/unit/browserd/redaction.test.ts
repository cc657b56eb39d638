import assert from "node:assert/strict";
import fc from "fast-check";
import { redactText } from "../../../src/browserd/redact-text.ts";
import { redactUrl } from "../../../src/browserd/redact-url.ts";

describe("redaction of what the browser shows", () => {
  for (const [url, shown] of [
    ["https://a.example/x?safe=1", "https://a.example/x?safe=1"],
    ["https://a.example/?code=1&state=2&safe=3", "https://a.example/?code=redacted&state=redacted&safe=3"],
    [
      "https://a.example/?Access_Token=1&my%5Fsecret=2",
      "https://a.example/?Access_Token=redacted&my%5Fsecret=redacted",
    ],
    ["https://a.example/#id_token=1&x=2", "https://a.example/#id_token=redacted&x=2"],
    ["https://a.example/#/done?access_token=1", "https://a.example/#/done?access_token=redacted"],
    ["https://user:pw@a.example/", "https://a.example/"],
    ["https://a.example/?q=token", "https://a.example/?q=token"],
    ["https://a.example/?%=1", "https://a.example/?%=1"],
    ["about:blank", "about:blank"],
    ["data:text/html,secret", "data:…"],
    ["no url", "<invalid url>"],
  ] as const) {
    it(`shows ${url} as ${shown}`, () => assert.equal(redactUrl(url), shown));
  }

  it("leaves no value of a sensitive key, whatever the value", () => {
    const key = fc.constantFrom("token", "password", "session", "jwt", "client_secret", "X-Auth-Token");
    fc.assert(
      fc.property(key, fc.stringMatching(/^[A-Za-z0-9]{8,40}$/), (name, value) => {
        const url = new URL("https://a.example/path");
        url.searchParams.set("q", "1");
        url.searchParams.set(name, `zz${value}`);
        assert.equal(redactUrl(url.href).includes(`zz${value}`), false);
      }),
    );
  });

  it("hides a text that carries a credential, and leaves others alone", () => {
    assert.equal(redactText("Authorization: Bearer abc"), "<redacted>");
    assert.equal(redactText("https://x/?API_KEY=1"), "<redacted>");
    assert.equal(redactText("I lost my password"), "I lost my password");
  });
});
