import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { sign as signForGitHub } from "@octokit/webhooks-methods";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import { WebhookIntegration } from "../../../../src/contracts/webhook.ts";
import { judgeRequest, type WebhookRequest } from "../../../../src/gateway/webhooks/judge-request.ts";
import { canonicalJson } from "../../../../src/platform/canonical-json.ts";

const now = 1_790_000_000_000;
const seconds = String(now / 1000);
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

function integration(provider: string, more: Record<string, unknown> = {}): WebhookIntegration {
  return WebhookIntegration.parse({
    integration_id: "one",
    provider,
    secret_vault_ref: "global/one",
    ...more,
  });
}

function request(body: string, headers: Record<string, string>): WebhookRequest {
  return {
    rawBody: Buffer.from(body),
    headers: { "content-type": "application/json", ...headers },
  };
}

function judge(provider: string, one: WebhookRequest, more: Record<string, unknown> = {}, at = now) {
  return judgeRequest(one, { integration: integration(provider, more), secrets: [secret], now: at });
}

describe("A webhook request signed by the vendors' own libraries", () => {
  it("is accepted from Standard Webhooks", () => {
    const body = '{"type":"contact.created","source":"crm"}';
    const signature = new StandardWebhook(secret).sign("msg_1", new Date(now), body);
    const result = judge(
      "standard",
      request(body, {
        "webhook-id": "msg_1",
        "webhook-timestamp": seconds,
        "webhook-signature": `v1,AAAA v1a,BBBB ${signature}`,
      }),
    );
    assert.equal(result.kind, "accepted");
    assert.deepEqual(
      result.kind === "accepted" && [result.event, result.source, result.deliveryKey, result.signedAtMs],
      ["contact.created", "crm", "id:msg_1", now],
    );
  });

  it("is accepted from Svix", () => {
    const body = '{"type":"user.created"}';
    const signature = new SvixWebhook(secret).sign("msg_2", new Date(now), body);
    const headers = { "svix-id": "msg_2", "svix-timestamp": seconds, "svix-signature": signature };
    assert.equal(judge("svix", request(body, headers)).kind, "accepted");
  });

  it("is accepted from GitHub", async () => {
    const body = '{"ref":"refs/heads/main","repository":{"full_name":"ada/engine"}}';
    const headers = {
      "x-hub-signature-256": await signForGitHub(secret, body),
      "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      "x-github-event": "push",
    };
    const result = judge("github", request(body, headers));
    assert.deepEqual(result.kind === "accepted" && [result.event, result.source], ["push", "ada/engine"]);
  });

  it("is accepted from Stripe", () => {
    const body = '{"id":"evt_1","type":"charge.succeeded"}';
    const signature = Stripe.webhooks.generateTestHeaderString({
      payload: body,
      secret,
      timestamp: now / 1000,
    });
    const result = judge("stripe", request(body, { "stripe-signature": signature }));
    assert.deepEqual(result.kind === "accepted" && [result.event, result.deliveryKey], [
      "charge.succeeded",
      "id:evt_1",
    ]);
  });

  it("is accepted from Slack, as its document describes the signature", () => {
    const body = '{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":{"type":"app_mention"}}';
    const signature = `v0=${createHmac("sha256", secret).update(`v0:${seconds}:${body}`).digest("hex")}`;
    const headers = { "x-slack-request-timestamp": seconds, "x-slack-signature": signature };
    const result = judge("slack", request(body, headers));
    assert.deepEqual(result.kind === "accepted" && [result.event, result.source, result.deliveryKey], [
      "app_mention",
      "T1",
      "id:Ev1",
    ]);
  });

  it("is accepted from GitLab, which shows the secret itself", () => {
    const body = '{"object_kind":"push","project":{"path_with_namespace":"ada/engine"}}';
    const headers = { "x-gitlab-token": secret, "x-gitlab-event-uuid": "13792a34" };
    assert.equal(judge("gitlab", request(body, headers)).kind, "accepted");
    const wrong = judge("gitlab", request(body, { ...headers, "x-gitlab-token": `${secret}x` }));
    assert.equal(wrong.kind === "refused" && wrong.refusal, "signature_invalid");
  });

  it("is accepted with Palyra's own headers, in seconds and in milliseconds", () => {
    for (const timestamp of [seconds, String(now)]) {
      const body = '{"event":"deploy"}';
      const nonce = "0123456789abcdef";
      const signature = createHmac("sha256", secret).update(`${timestamp}.${nonce}.${body}`).digest("hex");
      const headers = {
        "x-palyra-timestamp": timestamp,
        "x-palyra-nonce": nonce,
        "x-palyra-signature": `v1=${signature}`,
      };
      const result = judge("anything", request(body, headers));
      assert.equal(result.kind === "accepted" && result.signedAtMs, now);
    }
  });

  it("is accepted as an envelope that carries its signature", () => {
    const unsigned = {
      v: 1,
      id: "01J9ZZZZZZZZZZZZZZZZZZZZZZ",
      event: "push",
      source: "repo",
      payload: { b: 1, a: "é" },
      replay_protection: { nonce: "0123456789abcdef", timestamp_unix_ms: now },
    };
    const signature = `v1=${createHmac("sha256", secret).update(canonicalJson(unsigned)).digest("hex")}`;
    const signed = {
      ...unsigned,
      replay_protection: { ...unsigned.replay_protection, signature },
    };
    const body = JSON.stringify(signed, null, 2);
    assert.equal(judge("x", request(body, {}), { signature: "envelope" }).kind, "accepted");
    const changed = JSON.stringify({ ...signed, event: "pull" });
    const result = judge("x", request(changed, {}), { signature: "envelope" });
    assert.equal(result.kind === "refused" && result.refusal, "signature_invalid");
  });
});
