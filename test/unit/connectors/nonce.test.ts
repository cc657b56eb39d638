import assert from "node:assert/strict";
import fc from "fast-check";
import { outboundNonce } from "../../../src/connectors/nonce.ts";

describe("The nonce of an outbound message", () => {
  it("is short enough for Discord and the same for every attempt", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(), (connector, envelope, sequence) => {
        const nonce = outboundNonce(connector, envelope, sequence);
        assert.match(nonce, /^[0-9A-Za-z]{22}$/);
        assert.equal(outboundNonce(connector, envelope, sequence), nonce);
      }),
    );
  });

  it("differs between messages, also where their keys run together", () => {
    const nonces = [
      outboundNonce("a", "b", 0),
      outboundNonce("a", "b", 1),
      outboundNonce("ab", "", 0),
      outboundNonce("", "ab", 0),
      outboundNonce("a", "b1", 0),
    ];
    assert.equal(new Set(nonces).size, nonces.length);
  });
});
