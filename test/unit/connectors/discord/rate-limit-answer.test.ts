import assert from "node:assert/strict";
import fc from "fast-check";
import { withRateLimitHeaders } from "../../../../src/connectors/discord/rate-limit-answer.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
/** What the REST library reads of a 429: seconds to wait, and whether the whole bot has to. */
const read = async (body: string, headers: Record<string, string> = {}) => {
  const answer = await withRateLimitHeaders(new Response(body, { status: 429, headers }), now);
  assert.equal(await answer.text(), body);
  return [Number(answer.headers.get("retry-after")), answer.headers.has("x-ratelimit-global")];
};

describe("An answer that asks to wait", () => {
  it("is believed in its body, also where the headers say nothing or round", async () => {
    assert.deepEqual(await read('{"retry_after":1.25,"global":true}'), [1.25, true]);
    assert.deepEqual(await read('{"retry_after":64.57,"global":false}', { "retry-after": "65" }), [
      64.57,
      false,
    ]);
  });

  it("is believed in its header, in seconds or as a date, where the body says nothing", async () => {
    assert.deepEqual(await read("{}", { "retry-after": "2.5" }), [2.5, false]);
    assert.deepEqual(await read("{}", { "retry-after": "Sun, 01 Mar 2026 12:00:07 GMT" }), [7, false]);
    assert.deepEqual(await read("{}", { "x-ratelimit-reset-after": "3.2" }), [3.2, false]);
    assert.deepEqual(await read("{}", { "x-ratelimit-global": "true", "retry-after": "2" }), [2, true]);
  });

  it("that says nothing usable means a second", async () => {
    for (const odd of ["", "-3", "0", "soon", "NaN", "Infinity", "Sun, 01 Mar 2020 12:00:00 GMT"]) {
      assert.deepEqual(await read("", { "retry-after": odd }), [1, false], odd);
    }
    assert.deepEqual(await read('{"retry_after":"5"}'), [1, false]);
    assert.deepEqual(await read("[]"), [1, false]);
    assert.deepEqual(await read("null"), [1, false]);
  });

  it("from a server in between is for everything that is sent", async () => {
    assert.deepEqual(await read("<html>1015</html>", { "retry-after": "3600" }), [3_600, true]);
  });

  it("always comes to a positive wait, whatever is in it", async () => {
    const headers = fc.record({ "retry-after": fc.stringMatching(/^[ -~]{0,20}$/) });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), headers, async (body, given) => {
        const answer = await withRateLimitHeaders(new Response(body, { status: 429, headers: given }), now);
        const seconds = Number(answer.headers.get("retry-after"));
        assert.ok(Number.isFinite(seconds) && seconds > 0);
      }),
    );
  });

  it("of another status stays as it is", async () => {
    const answer = new Response('{"retry_after":5}', { status: 503 });
    assert.equal(await withRateLimitHeaders(answer, now), answer);
  });
});
