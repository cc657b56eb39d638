import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { networkFault } from "../../../../src/connectors/discord/network-fault.ts";

describe("Why Discord cannot be reached", () => {
  const failed = (code: string): Error =>
    new TypeError("fetch failed", { cause: Object.assign(new Error("raw text"), { code }) });

  it("is told in words, with the code for those who search for it", () => {
    const words: readonly [string, RegExp][] = [
      ["ENOTFOUND", /host name is unknown/],
      ["EAI_AGAIN", /host name is unknown/],
      ["ECONNREFUSED", /refused/],
      ["ECONNRESET", /cut/],
      ["ENETUNREACH", /no way/],
      ["UND_ERR_CONNECT_TIMEOUT", /in time/],
      ["UND_ERR_HEADERS_TIMEOUT", /in time/],
      ["CERT_HAS_EXPIRED", /certificate/],
      ["DEPTH_ZERO_SELF_SIGNED_CERT", /certificate/],
      ["SELF_SIGNED_CERT_IN_CHAIN", /certificate/],
      ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /certificate/],
      ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", /certificate/],
      ["ERR_TLS_CERT_ALTNAME_INVALID", /certificate/],
    ];
    for (const [code, expected] of words) {
      assert.match(networkFault(failed(code)), expected);
      assert.ok(networkFault(failed(code)).endsWith(`(${code})`));
    }
    assert.match(networkFault(new DOMException("This operation was aborted", "AbortError")), /in time/);
  });

  it("is what the system says when no words are known", () => {
    assert.equal(networkFault(failed("EODD")), "raw text");
    assert.equal(networkFault(new TypeError("fetch failed")), "fetch failed");
    assert.equal(networkFault("odd"), "odd");
    const several = new TypeError("fetch failed", { cause: new AggregateError([]) });
    assert.equal(networkFault(several), "fetch failed");
  });

  it("is found in what fetch really throws", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(fetch(`http://127.0.0.1:${port}`), (thrown) => {
      assert.equal(networkFault(thrown), "the connection was refused (ECONNREFUSED)");
      return true;
    });
  });
});
