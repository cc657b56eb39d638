import assert from "node:assert/strict";
import fc from "fast-check";
import type { WebhookSignature } from "../../../../src/contracts/webhook.ts";
import { signatureOf, WebhookIntegration, webhookSignatures } from "../../../../src/contracts/webhook.ts";
import { judgeRequest, type WebhookJudgement } from "../../../../src/gateway/webhooks/judge-request.ts";
import { signRequest } from "../../../../src/platform/webhook-signing.ts";

const now = 1_790_000_000_000;
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const otherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const payload = { type: "push", event_id: "Ev1", id: "evt_1", source: "repo", text: "hello" };

interface Request {
  headers: Record<string, string>;
  rawBody: Buffer;
}

function signed(signature: WebhookSignature, document: unknown = payload, at = now, key = secret): Request {
  const { headers, body } = signRequest({
    signature,
    secret: key,
    payload: Buffer.from(JSON.stringify(document)),
    now: at,
    deliveryId: "01J9ZZZZZZZZZZZZZZZZZZZZZZ",
    event: "push",
    source: "repo",
  });
  return { headers: { ...headers }, rawBody: body };
}

function judge(
  signature: WebhookSignature,
  request: Request,
  more: object = {},
  secrets = [secret],
): WebhookJudgement {
  const integration = WebhookIntegration.parse({
    integration_id: "one",
    provider: "one",
    signature,
    secret_vault_ref: "global/one",
    ...more,
  });
  assert.equal(signatureOf(integration), signature);
  return judgeRequest(request, { integration, secrets, now });
}

function outcome(...given: Parameters<typeof judge>): string {
  const judgement = judge(...given);
  return judgement.kind === "refused" ? judgement.refusal : judgement.kind;
}

const withHeader = (request: Request, name: string, value: string): Request => ({
  ...request,
  headers: { ...request.headers, [name]: value },
});
const withoutHeader = (request: Request, name: string): Request => {
  const { [name]: _, ...headers } = request.headers;
  return { ...request, headers };
};
const withBody = (request: Request, body: string): Request => ({ ...request, rawBody: Buffer.from(body) });
const generic = (): Request => signed("generic");
const envelope = (change: (document: Record<string, Record<string, unknown>>) => void): Request => {
  const request = signed("envelope");
  const document = JSON.parse(request.rawBody.toString("utf8")) as Record<string, Record<string, unknown>>;
  change(document);
  return withBody(request, JSON.stringify(document));
};
const minutes = 60_000;

const refused: readonly (readonly [what: string, refusal: string, ...given: Parameters<typeof judge>])[] = [
  [
    "another body under the signature",
    "signature_invalid",
    "generic",
    withBody(generic(), '{"type":"push","text":"bye"}'),
  ],
  [
    "a space more in the body",
    "signature_invalid",
    "generic",
    withBody(generic(), `${JSON.stringify(payload)} `),
  ],
  [
    "another nonce",
    "signature_invalid",
    "generic",
    withHeader(generic(), "x-palyra-nonce", "01J9ZZZZZZZZZZZZZZZZZZZZZA"),
  ],
  [
    "another time within the window",
    "signature_invalid",
    "generic",
    withHeader(generic(), "x-palyra-timestamp", String(now + 1)),
  ],
  [
    "a signature of another secret",
    "signature_invalid",
    "generic",
    signed("generic", payload, now, otherSecret),
  ],
  ["no secret that is in force", "signature_invalid", "generic", generic(), {}, []],
  [
    "a signature that is cut off",
    "signature_missing",
    "generic",
    withHeader(generic(), "x-palyra-signature", `v1=${"a".repeat(63)}`),
  ],
  [
    "a signature that is too long",
    "signature_missing",
    "generic",
    withHeader(generic(), "x-palyra-signature", `v1=${"a".repeat(65)}`),
  ],
  [
    "a signature that is no hex",
    "signature_missing",
    "generic",
    withHeader(generic(), "x-palyra-signature", `v1=${"g".repeat(64)}`),
  ],
  [
    "another version of the signature",
    "signature_missing",
    "generic",
    withHeader(generic(), "x-palyra-signature", `v2=${"a".repeat(64)}`),
  ],
  ["no signature", "signature_missing", "generic", withoutHeader(generic(), "x-palyra-signature")],
  ["an empty signature", "signature_missing", "generic", withHeader(generic(), "x-palyra-signature", "")],
  ["no time", "signature_missing", "generic", withoutHeader(generic(), "x-palyra-timestamp")],
  ["a time in words", "signature_missing", "generic", withHeader(generic(), "x-palyra-timestamp", "now")],
  ["a time below zero", "signature_missing", "generic", withHeader(generic(), "x-palyra-timestamp", "-1")],
  ["no nonce", "signature_missing", "generic", withoutHeader(generic(), "x-palyra-nonce")],
  ["a short nonce", "signature_missing", "generic", withHeader(generic(), "x-palyra-nonce", "123")],
  [
    "a nonce that takes a piece of the body with it",
    "signature_missing",
    "generic",
    withHeader(generic(), "x-palyra-nonce", "0123456789abcdef.1"),
  ],
  ["headers of another vendor", "signature_missing", "generic", signed("github")],
  [
    "a request that is too late",
    "outside_window",
    "generic",
    signed("generic", payload, now - 5 * minutes - 1),
  ],
  [
    "a request from the future",
    "outside_window",
    "generic",
    signed("generic", payload, now + 5 * minutes + 1),
  ],
  [
    "a late one of Standard Webhooks",
    "outside_window",
    "standard",
    signed("standard", payload, now - 6 * minutes),
  ],
  ["a late one of Slack", "outside_window", "slack", signed("slack", payload, now - 6 * minutes)],
  ["a late one of Stripe", "outside_window", "stripe", signed("stripe", payload, now - 6 * minutes)],
  ["a late envelope", "outside_window", "envelope", signed("envelope", payload, now - 6 * minutes)],
  [
    "a body larger than the integration takes",
    "payload_too_large",
    "generic",
    generic(),
    { max_payload_bytes: 10 },
  ],
  [
    "a form instead of a document",
    "content_type",
    "generic",
    withHeader(generic(), "content-type", "application/x-www-form-urlencoded"),
  ],
  [
    "a text, which any web page can send",
    "content_type",
    "generic",
    withHeader(generic(), "content-type", "text/plain"),
  ],
  [
    "a body that is told to be compressed",
    "content_type",
    "generic",
    withHeader(generic(), "content-encoding", "gzip"),
  ],
  ["no content type", "content_type", "generic", withoutHeader(generic(), "content-type")],
  ["an event that is not allowed", "event_not_allowed", "generic", generic(), { allowed_events: ["pull"] }],
  ["an event in other letters", "event_not_allowed", "generic", generic(), { allowed_events: ["Push"] }],
  [
    "a source that is not allowed",
    "source_not_allowed",
    "generic",
    generic(),
    { allowed_sources: ["other"] },
  ],
  [
    "no source where only some are allowed",
    "source_not_allowed",
    "generic",
    signed("generic", { type: "push" }),
    { allowed_sources: ["repo"] },
  ],
  [
    "a leaked key inside",
    "safety_blocked",
    "generic",
    signed("generic", { type: "push", note: `ghp_${"a".repeat(36)}` }),
  ],
  [
    "an envelope whose event was changed",
    "signature_invalid",
    "envelope",
    envelope((one) => Object.assign(one, { event: "pull" })),
  ],
  [
    "an envelope whose payload was changed",
    "signature_invalid",
    "envelope",
    envelope((one) => Object.assign(one.payload ?? {}, { text: "bye" })),
  ],
  [
    "an envelope with limits that nobody signed",
    "signature_invalid",
    "envelope",
    envelope((one) => Object.assign(one, { limits: {} })),
  ],
  [
    "an envelope without its signature",
    "signature_missing",
    "envelope",
    envelope((one) => delete one.replay_protection?.signature),
  ],
  [
    "an envelope with an empty signature",
    "signature_invalid",
    "envelope",
    envelope((one) => Object.assign(one.replay_protection ?? {}, { signature: "" })),
  ],
  [
    "a document instead of an envelope",
    "invalid_payload",
    "envelope",
    withBody(signed("envelope"), '{"type":"push"}'),
  ],
  [
    "an id of Standard Webhooks that takes the time with it",
    "signature_missing",
    "standard",
    withHeader(signed("standard"), "webhook-id", "a.1790000000"),
  ],
];

describe("A request", () => {
  for (const signature of webhookSignatures) {
    it(`is accepted as its ${signature} sender signs it`, () => {
      assert.equal(outcome(signature, signed(signature)), "accepted");
    });
  }

  for (const [what, refusal, ...given] of refused) {
    it(`is refused with ${what}`, () => assert.equal(outcome(...given), refusal));
  }

  it("is refused for its signature before anything of its content is told", () => {
    const forged = withHeader(
      signed("generic", { type: "pull" }),
      "x-palyra-signature",
      `v1=${"a".repeat(64)}`,
    );
    assert.equal(outcome("generic", forged, { allowed_events: ["push"] }), "signature_invalid");
    assert.equal(outcome("generic", withBody(forged, "{"), {}), "signature_invalid");
  });

  it("of GitHub is proven by its signature alone: no id has to be shown with it", () => {
    const judgement = judge("github", withoutHeader(signed("github"), "x-github-delivery"));
    assert.equal(judgement.kind === "accepted" && judgement.event, "push");
  });

  it("without a signature, where that is allowed, names its event in the same header", () => {
    const open = { signature_required: false, accept_unsigned: true, allowed_events: ["deploy"] };
    const names = { github: "x-github-event", gitlab: "x-gitlab-event", generic: "x-palyra-event" } as const;
    for (const [signature, name] of Object.entries(names)) {
      const bare = withHeader(
        { headers: { "content-type": "application/json" }, rawBody: Buffer.from('{"a":1}') },
        name,
        "deploy",
      );
      assert.equal(outcome(signature as WebhookSignature, bare, open), "accepted", signature);
      const other = withHeader(bare, name, "delete");
      assert.equal(outcome(signature as WebhookSignature, other, open), "event_not_allowed", signature);
    }
  });

  it("that is no JSON is refused although it is signed", () => {
    for (const text of ["{", "", '"\\', "nul"]) {
      const { headers, body } = signRequest({
        signature: "generic",
        secret,
        payload: Buffer.from(text),
        now,
        deliveryId: "01J9ZZZZZZZZZZZZZZZZZZZZZZ",
      });
      assert.equal(outcome("generic", { headers: { ...headers }, rawBody: body }), "invalid_payload");
    }
  });

  it("nested too deep is refused although it is signed", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(100)}1${"}".repeat(100)}`) as unknown;
    assert.equal(outcome("generic", signed("generic", deep)), "invalid_payload");
  });

  it("is accepted with either of two secrets while one is replaced, and with neither of two others", () => {
    for (const key of [secret, otherSecret]) {
      for (const signature of webhookSignatures) {
        const request = signed(signature, payload, now, key);
        assert.equal(outcome(signature, request, {}, [otherSecret, secret]), "accepted", signature);
        assert.notEqual(outcome(signature, request, {}, [`whsec_${"A".repeat(32)}`]), "accepted", signature);
      }
    }
  });

  it("with any byte of its body or any character of its signed headers changed is refused", () => {
    const signatures = webhookSignatures.filter((signature) => signature !== "gitlab");
    const wherever = fc.record({
      signature: fc.constantFrom(...signatures),
      at: fc.nat(),
      bit: fc.integer({ min: 0, max: 7 }),
    });
    fc.assert(
      fc.property(wherever, ({ signature, at, bit }) => {
        const request = signed(signature);
        const rawBody = Buffer.from(request.rawBody);
        const index = at % rawBody.length;
        rawBody[index] = (rawBody[index] ?? 0) ^ (1 << bit);
        // The letters of a signature in hex may be large or small.
        const isSameHex = signature === "envelope" && bit === 5;
        if (!isSameHex) assert.notEqual(outcome(signature, { ...request, rawBody }), "accepted");
      }),
      { numRuns: 500 },
    );
    const signedHeaders = [
      "webhook-id",
      "webhook-timestamp",
      "webhook-signature",
      "x-palyra-nonce",
      "x-palyra-timestamp",
      "x-palyra-signature",
      "x-hub-signature-256",
      "x-slack-signature",
      "x-slack-request-timestamp",
      "stripe-signature",
      "x-gitlab-token",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...webhookSignatures), fc.nat(), fc.nat(), (signature, which, at) => {
        const request = signed(signature);
        const names = Object.keys(request.headers).filter((name) => signedHeaders.includes(name));
        const name = names[which % Math.max(1, names.length)];
        if (name === undefined) return;
        const value = request.headers[name] ?? "";
        const index = at % value.length;
        const replacement = value[index] === "7" ? "8" : "7";
        const changed = value.slice(0, index) + replacement + value.slice(index + 1);
        if (Buffer.from(changed.slice(3), "base64").equals(Buffer.from(value.slice(3), "base64"))) return;
        assert.notEqual(
          outcome(signature, withHeader(request, name, changed)),
          "accepted",
          `${name}: ${changed}`,
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe("The key of a delivery", () => {
  const keyOf = (signature: WebhookSignature, request: Request, more: object = {}): string => {
    const judgement = judge(signature, request, more);
    assert.equal(judgement.kind, "accepted");
    return judgement.kind === "accepted" ? judgement.deliveryKey : "";
  };
  const anonymous = { type: "push", text: "hello" };

  it("stays the same when somebody shows a captured request under another id or with more signatures", () => {
    const hub = signed("github");
    assert.equal(keyOf("github", hub), keyOf("github", withHeader(hub, "x-github-delivery", "another")));
    for (const signature of ["slack", "stripe"] as const) {
      const request = signed(signature, anonymous);
      const name = signature === "slack" ? "x-slack-signature" : "stripe-signature";
      const more = signature === "slack" ? `,v0=${"a".repeat(64)}` : `,v1=${"a".repeat(64)}`;
      const dressed = withHeader(request, name, `${request.headers[name]}${more}`);
      assert.equal(keyOf(signature, request), keyOf(signature, dressed), signature);
    }
  });

  it("is another one for another delivery", () => {
    for (const signature of ["slack", "stripe"] as const) {
      const first = keyOf(signature, signed(signature, anonymous));
      assert.notEqual(first, keyOf(signature, signed(signature, { ...anonymous, text: "bye" })));
      assert.notEqual(first, keyOf(signature, signed(signature, anonymous, now + 1_000)));
    }
  });

  it("of a request without a signature, where that is allowed, is its body", () => {
    const open = { signature_required: false, accept_unsigned: true };
    const bare: Request = {
      headers: { "content-type": "application/json" },
      rawBody: Buffer.from('{"a":1}'),
    };
    assert.equal(keyOf("generic", bare, open), keyOf("generic", { ...bare }, open));
    const forged = withHeader(generic(), "x-palyra-signature", `v1=${"a".repeat(64)}`);
    assert.equal(outcome("generic", forged, open), "signature_invalid");
  });
});

describe("A vendor's own peculiarities", () => {
  it("Slack's question is answered with its challenge, once it is signed", () => {
    const question = { type: "url_verification", challenge: "abc", token: "a-token-of-slack" };
    const judgement = judge("slack", signed("slack", question), { allowed_events: ["message"] });
    assert.deepEqual(judgement, { kind: "challenge", challenge: "abc" });
    assert.equal(outcome("slack", signed("slack", question, now, otherSecret)), "signature_invalid");
  });

  it("Slack's and Stripe's own tokens do not block their events, and are not passed on", () => {
    const slack = judge("slack", signed("slack", { ...payload, token: "Jhj5dZrVaK7ZwHHjRyZWjbDl" }));
    assert.deepEqual(slack.kind === "accepted" && slack.payload, payload);
    const unsigned = judge(
      "slack",
      {
        headers: { "content-type": "application/json" },
        rawBody: Buffer.from(JSON.stringify({ ...payload, token: "Jhj5dZrVaK7ZwHHjRyZWjbDl" })),
      },
      { signature_required: false, accept_unsigned: true },
    );
    assert.deepEqual(unsigned.kind === "accepted" && unsigned.payload, payload);
    const intent = { id: "pi_1", client_secret: "pi_1_secret_abcdefgh" };
    const stripe = judge("stripe", signed("stripe", { id: "evt_1", type: "x", data: { object: intent } }));
    assert.deepEqual(stripe.kind === "accepted" && stripe.payload, {
      id: "evt_1",
      type: "x",
      data: { object: { id: "pi_1" } },
    });
  });
});
