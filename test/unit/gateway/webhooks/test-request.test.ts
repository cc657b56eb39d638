import assert from "node:assert/strict";
import type { WebhookTestResult } from "../../../../src/contracts/http-webhooks.ts";
import { WebhookIntegration, type WebhookSignature } from "../../../../src/contracts/webhook.ts";
import { testRequest } from "../../../../src/gateway/webhooks/test-request.ts";
import { signRequest } from "../../../../src/platform/webhook-signing.ts";

const now = 1_790_000_000_000;
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

function tested(
  signature: WebhookSignature,
  document: object,
  more: object = {},
  change: (body: Buffer) => Buffer = (body) => body,
): Promise<WebhookTestResult> {
  const { headers, body } = signRequest({
    signature,
    secret,
    payload: Buffer.from(JSON.stringify(document)),
    now,
    deliveryId: "01J9ZZZZZZZZZZZZZZZZZZZZZZ",
    event: "push",
  });
  return testRequest({
    integration: WebhookIntegration.parse({
      integration_id: "one",
      provider: signature,
      secret_vault_ref: "global/one",
      ...more,
    }),
    rawBody: change(body),
    headers,
    secrets: [secret],
    secretState: "ready",
    isKeyUsed: async () => false,
    now,
  });
}

describe("The test of a webhook", () => {
  it("blames no request for the token that its vendor puts into every one", async () => {
    const token = "Jhj5dZrVaK7ZwHHjRyZWjbDl";
    const question = await tested("slack", { type: "url_verification", challenge: "abc", token });
    assert.deepEqual([question.valid, question.safety_action], [true, "allow"]);
    const other = { type: "event_callback", event: { type: "reaction_added" }, token };
    const refused = await tested("slack", other, { allowed_events: ["message"] });
    assert.deepEqual(
      [refused.outcome, refused.safety_action, refused.safety_findings],
      ["rejected", "allow", []],
    );
  });

  it("sees the signature of a document that begins with a byte order mark", async () => {
    const marked = await tested("envelope", { text: "hello" }, {}, (body) =>
      Buffer.concat([Buffer.from("\uFEFF"), body]),
    );
    assert.deepEqual([marked.valid, marked.signature_present, marked.signature_valid], [true, true, true]);
  });
});
