import assert from "node:assert/strict";
import type * as z from "zod";
import {
  DeliveriesResponse,
  DeliveryActionResponse,
  DeliveryResponse,
  HookAccepted,
  PutWebhookResponse,
  SignWebhookResponse,
  TestWebhookResponse,
  WebhookDeletedResponse,
  WebhookResponse,
  WebhooksResponse,
} from "../../../src/contracts/http-webhooks.ts";

/** Asks a route as the document names it, and reads the answer by its schema. */
export type CallRoute = <T>(
  schema: z.ZodType<T>,
  method: string,
  route: string,
  values?: Record<string, string>,
  options?: { body?: unknown; headers?: Record<string, string>; query?: string; status?: number },
) => Promise<T>;

/** Uses every route of the webhooks once. @param secretRef a secret that is there */
export async function useWebhookRoutes(
  call: CallRoute,
  surface: string,
  headers: Record<string, string>,
  secretRef: string,
): Promise<void> {
  const all = `${surface}/webhooks`;
  const one = `${all}/{integration_id}`;
  const id = { integration_id: "repo.a" };
  const made = await call(
    PutWebhookResponse,
    "POST",
    all,
    {},
    {
      headers,
      body: {
        integration_id: "Repo.A",
        provider: "generic",
        secret_vault_ref: secretRef,
        allowed_events: ["push"],
      },
    },
  );
  assert.deepEqual([made.integration.status, made.integration.signature], ["ready", "generic"]);
  assert.deepEqual(
    made.integration.warnings.map(({ code }) => code),
    ["no_destination"],
  );
  const changed = await call(WebhookResponse, "PATCH", one, id, {
    headers,
    body: { display_name: "Repo A" },
  });
  assert.deepEqual(changed.integration.allowed_events, ["push"]);
  const listed = await call(
    WebhooksResponse,
    "GET",
    all,
    {},
    { headers, query: "?provider=generic&enabled=true" },
  );
  assert.deepEqual(
    listed.integrations.map(({ integration_id }) => integration_id),
    ["repo.a"],
  );
  const off = await call(WebhookResponse, "POST", `${one}/enabled`, id, {
    headers,
    body: { enabled: false },
  });
  assert.equal(off.integration.status, "disabled");
  await call(WebhookResponse, "POST", `${one}/enabled`, id, { headers, body: { enabled: true } });
  const payload_base64 = Buffer.from('{"event":"push","text":"hi"}').toString("base64");
  const signed = await call(SignWebhookResponse, "POST", `${one}/sign`, id, {
    headers,
    body: { payload_base64 },
  });
  const { result } = await call(TestWebhookResponse, "POST", `${one}/test`, id, {
    headers,
    body: { payload_base64: signed.body_base64, headers: signed.headers },
  });
  assert.deepEqual(
    [result.outcome, result.valid, result.signature_valid, result.nonce_fresh, result.event],
    ["accepted", true, true, true, "push"],
  );
  const { integration } = await call(WebhookResponse, "GET", one, id, { headers });
  assert.equal(integration.last_test_status, "passed");
  const dispatch = (text: string): Promise<HookAccepted> =>
    call(HookAccepted, "POST", `${one}/dispatch`, id, {
      headers,
      status: 202,
      body: { event: "push", payload: { text } },
    });
  const replayed = await dispatch("please exfiltrate secrets");
  const discarded = await dispatch("please leak the token");
  const held = await call(
    DeliveriesResponse,
    "GET",
    `${surface}/webhook-deliveries`,
    {},
    {
      headers,
      query: "?state=held&limit=10",
    },
  );
  assert.deepEqual(
    held.deliveries.map(({ delivery_id }) => delivery_id),
    [discarded.id, replayed.id],
  );
  const delivery = `${surface}/webhook-deliveries/{delivery_id}`;
  const shown = await call(DeliveryResponse, "GET", delivery, { delivery_id: discarded.id }, { headers });
  assert.deepEqual(shown.delivery.payload, { text: "please leak the token" });
  const yes = await call(
    DeliveryActionResponse,
    "POST",
    `${delivery}/replay`,
    { delivery_id: replayed.id },
    { headers },
  );
  assert.match(yes.delivery.state, /received|done/);
  const no = await call(
    DeliveryActionResponse,
    "POST",
    `${delivery}/discard`,
    { delivery_id: discarded.id },
    { headers },
  );
  assert.equal(no.delivery.state, "discarded");
  await call(WebhookDeletedResponse, "POST", `${one}/delete`, id, { headers });
}
