import assert from "node:assert/strict";
import fc from "fast-check";
import { isEnvelopeFault, parseEnvelope } from "../../../../src/gateway/webhooks/envelope.ts";
import { canonicalJson } from "../../../../src/platform/canonical-json.ts";

const now = 1_730_000_000_000;

type Change = Readonly<Record<string, unknown>>;

function envelope(change: Change = {}, protection: Change = {}): Record<string, unknown> {
  return {
    v: 1,
    id: "01J9ZZZZZZZZZZZZZZZZZZZZZZ",
    event: "push",
    source: "github.repo_a",
    payload: { ref: "main" },
    replay_protection: { nonce: "0123456789abcdef", timestamp_unix_ms: now, ...protection },
    ...change,
  };
}

function faultOf(document: unknown): string | null {
  const bytes = Buffer.isBuffer(document) ? document : Buffer.from(JSON.stringify(document));
  const result = parseEnvelope(bytes, now);
  return isEnvelopeFault(result) ? `${result.kind} ${result.field ?? ""}`.trim() : null;
}

function without(key: string): Record<string, unknown> {
  const { [key]: _, ...others } = envelope();
  return others;
}

const wide = Object.fromEntries(Array.from({ length: 2_049 }, (_, index) => [`k${index}`, 1]));
const deep = JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`) as unknown;

const cases: readonly (readonly [what: string, document: unknown, fault: string | null])[] = [
  ["with no more than it needs is read", envelope(), null],
  ["with an empty payload and empty limits is read", envelope({ payload: {}, limits: {} }), null],
  ["that declares the largest size is read", envelope({ limits: { max_payload_bytes: 1_048_576 } }), null],
  ["with the oldest time that is allowed is read", envelope({}, { timestamp_unix_ms: now - 300_000 }), null],
  ["with the latest time that is allowed is read", envelope({}, { timestamp_unix_ms: now + 300_000 }), null],
  [
    "with an empty signature is read: whether it fits is another question",
    envelope({}, { signature: "" }),
    null,
  ],
  ["of 128 bytes in its names is read", envelope({ event: "e".repeat(128), source: "é".repeat(64) }), null],
  ["larger than a mebibyte is refused before it is parsed", Buffer.alloc(1_048_577, " "), "too_large"],
  ["that is not JSON is refused", Buffer.from("{"), "invalid_json"],
  ["that is not UTF-8 is refused", Buffer.from([0x22, 0xff, 0x22]), "invalid_json"],
  ["that is a list is refused", [], "not_an_object"],
  ["that is null is refused", null, "not_an_object"],
  [
    "with an unknown field is refused",
    envelope({ extra: 1 }),
    "invalid_value envelope.additional_properties",
  ],
  ["with limits that are a list is refused", envelope({ limits: [] }), "invalid_type limits"],
  [
    "with an unknown limit is refused",
    envelope({ limits: { max: 1 } }),
    "invalid_value limits.additional_properties",
  ],
  [
    "with a limit in words is refused",
    envelope({ limits: { max_payload_bytes: "1" } }),
    "invalid_type limits.max_payload_bytes",
  ],
  [
    "with a limit of zero is refused",
    envelope({ limits: { max_payload_bytes: 0 } }),
    "invalid_value limits.max_payload_bytes",
  ],
  [
    "with a limit beyond a mebibyte is refused",
    envelope({ limits: { max_payload_bytes: 1_048_577 } }),
    "invalid_value limits.max_payload_bytes",
  ],
  [
    "larger than it declares is refused",
    envelope({ limits: { max_payload_bytes: 10 } }),
    "invalid_value limits.max_payload_bytes",
  ],
  ["without a version is refused", without("v"), "missing_field v"],
  ["of a version in words is refused", envelope({ v: "1" }), "invalid_type v"],
  ["of another version is refused", envelope({ v: 2 }), "invalid_value v"],
  ["without an id is refused", without("id"), "missing_field id"],
  ["with a blank id is refused", envelope({ id: " " }), "empty_field id"],
  [
    "with an id in small letters is refused",
    envelope({ id: "01j9zzzzzzzzzzzzzzzzzzzzzz" }),
    "invalid_value id",
  ],
  ["with an id beyond the last ULID is refused", envelope({ id: "8".repeat(26) }), "invalid_value id"],
  ["without an event is refused", without("event"), "missing_field event"],
  ["with a blank event is refused", envelope({ event: "  " }), "empty_field event"],
  ["with an event of 129 bytes is refused", envelope({ event: "e".repeat(129) }), "invalid_value event"],
  ["with a source that is a number is refused", envelope({ source: 5 }), "invalid_type source"],
  [
    "with a source of 129 bytes is refused",
    envelope({ source: `e${"é".repeat(64)}` }),
    "invalid_value source",
  ],
  ["without a payload is refused", without("payload"), "missing_field payload"],
  ["with a payload that is a list is refused", envelope({ payload: [] }), "invalid_type payload"],
  ["with a payload of 2,049 fields is refused", envelope({ payload: wide }), "invalid_value payload"],
  [
    "with a payload nested too deep to be looked through is refused",
    envelope({ payload: { deep } }),
    "invalid_value payload",
  ],
  ["without replay protection is refused", without("replay_protection"), "missing_field replay_protection"],
  [
    "with an unknown field in it is refused",
    envelope({}, { more: 1 }),
    "invalid_value replay_protection.additional_properties",
  ],
  [
    "with a nonce of 15 bytes is refused",
    envelope({}, { nonce: "0".repeat(15) }),
    "invalid_value replay_protection.nonce",
  ],
  [
    "with a nonce of 129 bytes is refused",
    envelope({}, { nonce: "0".repeat(129) }),
    "invalid_value replay_protection.nonce",
  ],
  [
    "with a blank nonce is refused",
    envelope({}, { nonce: " ".repeat(16) }),
    "empty_field replay_protection.nonce",
  ],
  [
    "one millisecond too old is refused",
    envelope({}, { timestamp_unix_ms: now - 300_001 }),
    "invalid_value replay_protection.timestamp_unix_ms",
  ],
  [
    "one millisecond too early is refused",
    envelope({}, { timestamp_unix_ms: now + 300_001 }),
    "invalid_value replay_protection.timestamp_unix_ms",
  ],
  [
    "with a time below zero is refused",
    envelope({}, { timestamp_unix_ms: -1 }),
    "invalid_type replay_protection.timestamp_unix_ms",
  ],
  [
    "with a time that is no whole number is refused",
    envelope({}, { timestamp_unix_ms: now + 0.5 }),
    "invalid_type replay_protection.timestamp_unix_ms",
  ],
  [
    "with a signature that is a number is refused",
    envelope({}, { signature: 1 }),
    "invalid_type replay_protection.signature",
  ],
  [
    "with a signature of 4,097 bytes is refused",
    envelope({}, { signature: "a".repeat(4_097) }),
    "invalid_value replay_protection.signature",
  ],
];

describe("An envelope", () => {
  for (const [what, document, fault] of cases) it(what, () => assert.equal(faultOf(document), fault));

  it("is told its first fault, in the order of its fields", () => {
    assert.equal(faultOf(envelope({ v: 2, id: "x", event: "" })), "invalid_value v");
  });
});

describe("The canonical text of a document", () => {
  it("is the same however its fields are ordered and laid out, and means the same", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const laidOut = JSON.parse(JSON.stringify(reversed(value), null, 2)) as unknown;
        assert.equal(canonicalJson(laidOut), canonicalJson(value));
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("is that of the standard's example", () => {
    // RFC 8785, section 3.2.3: keys by UTF-16 code units.
    const keys = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
    const order = Object.values(JSON.parse(canonicalJson({ a: keys })) as object).flatMap(Object.values);
    assert.deepEqual(canonicalJson(keys).match(/\d(?=[,}])/g), ["2", "4", "6", "7", "1", "5", "3"]);
    assert.equal(order.length, 7);
    assert.equal(canonicalJson([1e30, 4.5, 0.002, 1e-27, -0]), "[1e+30,4.5,0.002,1e-27,0]");
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
