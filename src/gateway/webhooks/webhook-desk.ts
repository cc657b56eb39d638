import { createHash } from "node:crypto";
import * as z from "zod";
import type { TracedDelivery } from "../../connectors/store/parts/webhook-delivery-store.ts";
import type {
  ChangeWebhookRequest,
  DeliveriesQuery,
  DeliveriesResponse,
  DeliveryResponse,
  DispatchWebhookRequest,
  HookAccepted,
  PutWebhookRequest,
  PutWebhookResponse,
  SignWebhookRequest,
  SignWebhookResponse,
  TestWebhookRequest,
  TestWebhookResponse,
  Webhook,
  WebhookDelivery,
  WebhooksQuery,
  WebhooksResponse,
} from "../../contracts/http-webhooks.ts";
import {
  hookPath,
  signatureOf,
  type WebhookIntegration,
  WebhookIntegration as WebhookIntegrationSchema,
} from "../../contracts/webhook.ts";
import { PalyraError } from "../../platform/errors.ts";
import { signRequest } from "../../platform/webhook-signing.ts";
import { newDeliveryId } from "./delivery-id.ts";
import { unknownIntegration } from "./edit-registry.ts";
import { InvalidFields } from "./invalid-fields.ts";
import { refusalOfContent } from "./judge-request.ts";
import type { QuarantinedEntry } from "./parse-registry.ts";
import { isTooDeep, scanUntrusted } from "./safety-scan.ts";
import { testRequest } from "./test-request.ts";
import { quarantinedView, secretFault, webhookView } from "./webhook-view.ts";
import type { Webhooks } from "./webhooks.ts";

/** What the owner does with webhooks, whichever surface the wish comes from. */
export class WebhookDesk {
  readonly #webhooks: Webhooks;

  constructor(webhooks: Webhooks) {
    this.#webhooks = webhooks;
  }

  list({ provider, enabled }: WebhooksQuery): WebhooksResponse {
    const { content } = this.#webhooks.registry;
    const wanted = [...content.integrations.values()].filter(
      (one) =>
        (provider === undefined || one.provider === provider) &&
        (enabled === undefined || one.enabled === enabled),
    );
    wanted.sort((a, b) => (a.integration_id < b.integration_id ? -1 : 1));
    return {
      integrations: wanted.map((one) => this.#view(one)),
      quarantined: content.quarantined.map(quarantinedView),
      warnings: this.#webhooks.warnings,
    };
  }

  /** @throws `not_found` */
  get(integrationId: string): Webhook {
    return this.#view(this.#integration(integrationId));
  }

  /**
   * Makes an integration, or changes fields of the one with this id.
   * @throws InvalidFields naming each field that is wrong; `conflict` when there are too many
   */
  async put({ integration_id: id, ...change }: PutWebhookRequest): Promise<PutWebhookResponse> {
    const { content } = this.#webhooks.registry;
    const isThere =
      content.integrations.has(id) || content.quarantined.some(({ integrationId }) => integrationId === id);
    if (!isThere) {
      const missing = (["provider", "secret_vault_ref"] as const).filter(
        (name) => change[name] === undefined,
      );
      if (missing.length > 0) {
        throw new InvalidFields(
          missing.map((field) => ({ field, message: "is needed for a new integration" })),
        );
      }
    }
    return { integration: await this.#change(id, change, "put"), created: !isThere };
  }

  /** @throws `not_found`, and as `put` */
  async change(integrationId: string, change: ChangeWebhookRequest): Promise<Webhook> {
    this.#integration(integrationId);
    return await this.#change(integrationId, change, "change");
  }

  /** @throws `not_found` */
  async remove(integrationId: string): Promise<void> {
    await this.#webhooks.registry.remove(integrationId);
  }

  /** Judges a request as if it had come in: nothing is used up, and nothing happens but the note of the test. */
  async test(integrationId: string, asked: TestWebhookRequest): Promise<TestWebhookResponse> {
    const integration = this.#integration(integrationId);
    const { store } = this.#webhooks.attached;
    const now = Date.now();
    const result = await testRequest({
      integration,
      rawBody: payloadOf(asked),
      headers: asked.headers,
      secrets: this.#webhooks.secrets.of(integration),
      secretState: this.#webhooks.secrets.secretState(integration),
      isKeyUsed: async (key) => (await store.findKey(integrationId, key)) !== null,
      now,
    });
    await this.#webhooks.registry.change(
      integrationId,
      {
        last_test_status: result.valid ? "passed" : "failed",
        last_test_message: result.message.slice(0, 2_048),
        last_test_at_unix_ms: now,
      },
      "change",
      now,
    );
    return { integration: this.get(integrationId), result };
  }

  /**
   * The request that the integration's sender would make now.
   * @throws `failed_precondition` without a secret; InvalidFields for a payload that no envelope can hold
   */
  sign(integrationId: string, asked: SignWebhookRequest): SignWebhookResponse {
    const integration = this.#integration(integrationId);
    const [secret] = this.#webhooks.secrets.of(integration);
    if (secret === undefined) throw this.#notReady(integration);
    const payload = payloadOf(asked);
    const signature = signatureOf(integration);
    if (signature === "envelope") requireDocument(payload);
    const now = Date.now();
    const { event, source } = asked;
    const signed = signRequest({
      signature,
      secret,
      payload,
      now,
      deliveryId: newDeliveryId(now),
      ...(event === undefined ? {} : { event }),
      ...(source === undefined ? {} : { source }),
    });
    return {
      integration_id: integrationId,
      signature,
      path: hookPath(integrationId),
      headers: { ...signed.headers },
      body_base64: signed.body.toString("base64"),
    };
  }

  /**
   * The owner triggers the integration. Every check but that of the signature is made.
   * @throws `failed_precondition` while it is disabled or not ready; `forbidden` for an event or source that is not
   *   allowed; `payload_too_large`; `content_refused`
   */
  async dispatch(integrationId: string, asked: DispatchWebhookRequest): Promise<HookAccepted> {
    const integration = this.#integration(integrationId);
    if (!integration.enabled) {
      throw new PalyraError("failed_precondition", `${integrationId} is disabled.`, {
        nextStep: "Enable it first.",
      });
    }
    if (this.#webhooks.secrets.secretState(integration) !== "ready") throw this.#notReady(integration);
    const { event, source = null, payload, dedupe_key } = asked;
    // Nothing else may look into a document that is nested too deep: that could end in an overflow.
    if (isTooDeep(payload)) throw new PalyraError("validation_error", "The payload is nested too deep.");
    const text = JSON.stringify(payload);
    if (Buffer.byteLength(text) > integration.max_payload_bytes) {
      throw new PalyraError(
        "payload_too_large",
        `The payload is larger than ${integration.max_payload_bytes} bytes.`,
      );
    }
    const refusal = refusalOfContent({ event, source }, integration);
    if (refusal !== null) throw new PalyraError("forbidden", refusal.message);
    const safety = scanUntrusted(payload);
    if (safety.action === "block") {
      const codes = safety.findings.map(({ code }) => code).join(", ");
      throw new PalyraError("content_refused", `The payload holds what must not be passed on: ${codes}.`);
    }
    const now = Date.now();
    const key = dedupe_key ?? newDeliveryId(now);
    const outcome = await this.#webhooks.attached.ingress.store(
      integration,
      {
        event,
        source,
        payload,
        isWholeBody: true,
        safety,
        signed: false,
        signedAtMs: null,
        deliveryKey: `dispatch:${createHash("sha256").update(key).digest("hex")}`,
      },
      text,
      "dispatch",
      now,
    );
    return { id: outcome.deliveryId, duplicate: outcome.kind === "repeated" };
  }

  async deliveries(query: DeliveriesQuery): Promise<DeliveriesResponse> {
    const { integration_id, state, limit, before } = query;
    const found = await this.#webhooks.attached.store.list({
      limit: limit + 1,
      ...(integration_id === undefined ? {} : { integrationId: integration_id }),
      ...(state === undefined ? {} : { state }),
      ...(before === undefined ? {} : { before }),
    });
    const shown = found.slice(0, limit);
    return {
      deliveries: shown.map(deliveryView),
      next_before: found.length > limit ? (shown.at(-1)?.deliveryId ?? null) : null,
    };
  }

  /** @throws `not_found` */
  async delivery(deliveryId: string): Promise<DeliveryResponse> {
    const stored = await this.#delivery(deliveryId);
    const target = this.#webhooks.registry.find(stored.integrationId)?.target ?? null;
    const payload: unknown = stored.payload === null ? null : JSON.parse(stored.payload);
    return { delivery: { ...deliveryView(stored), payload, target } };
  }

  /** @throws `not_found`; `conflict` when it is neither held nor dead */
  async replay(deliveryId: string): Promise<WebhookDelivery> {
    const stored = await this.#delivery(deliveryId);
    if (!(await this.#webhooks.attached.desk.replay(deliveryId))) {
      const isReplayable = stored.state === "held" || stored.state === "dead";
      const why = isReplayable
        ? "what it would need is not kept any more"
        : "only held and dead ones can be replayed";
      throw new PalyraError("conflict", `The delivery is ${stored.state}: ${why}.`, {
        nextStep: "Look at the delivery as it is now.",
      });
    }
    return deliveryView(await this.#delivery(deliveryId));
  }

  /** @param by the surface that asked. @throws `not_found`; `conflict` when there is nothing to let go of */
  async discard(deliveryId: string, by: string): Promise<WebhookDelivery> {
    const stored = await this.#delivery(deliveryId);
    if (!(await this.#webhooks.attached.desk.discard(deliveryId, `Let go of through the ${by}.`))) {
      throw new PalyraError("conflict", `The delivery is ${stored.state}: there is nothing to let go of.`, {
        nextStep: "Look at the delivery as it is now.",
      });
    }
    return deliveryView(await this.#delivery(deliveryId));
  }

  #integration(integrationId: string): WebhookIntegration {
    const { content } = this.#webhooks.registry;
    const integration = content.integrations.get(integrationId);
    if (integration !== undefined) return integration;
    const broken = content.quarantined.find((entry) => entry.integrationId === integrationId);
    throw broken === undefined ? unknownIntegration(integrationId) : notInForce(integrationId, broken);
  }

  async #delivery(deliveryId: string): Promise<TracedDelivery> {
    const stored = await this.#webhooks.attached.store.get(deliveryId);
    if (stored === null) throw new PalyraError("not_found", `There is no delivery ${deliveryId}.`);
    return stored;
  }

  #view(integration: WebhookIntegration): Webhook {
    return webhookView(integration, this.#webhooks.stateOf(integration));
  }

  #notReady(integration: WebhookIntegration): PalyraError {
    const { integration_id: id, secret_vault_ref: ref } = integration;
    const state = this.#webhooks.secrets.secretState(integration);
    const message = state === "ready" ? `${id} is not ready.` : secretFault(id, ref, state);
    return new PalyraError("failed_precondition", message, { nextStep: `Store its secret as ${ref}.` });
  }

  /** An integration is enabled only with a secret that can be read. */
  async #change(id: string, change: ChangeWebhookRequest, mode: "put" | "change"): Promise<Webhook> {
    const { registry, secrets } = this.#webhooks;
    const known = registry.find(id);
    const merged = Object.entries({ ...known, integration_id: id, ...change });
    const wanted = WebhookIntegrationSchema.safeParse(
      Object.fromEntries(merged.filter(([, value]) => value !== null)),
    );
    const touchesSecret =
      known === null ||
      change.enabled === true ||
      change.secret_vault_ref !== undefined ||
      (wanted.success && signatureOf(wanted.data) !== signatureOf(known));
    if (wanted.success && wanted.data.enabled && touchesSecret) {
      const state = await secrets.probe(wanted.data);
      if (state !== "ready") {
        const ref = wanted.data.secret_vault_ref;
        throw new InvalidFields([{ field: "secret_vault_ref", message: secretFault(id, ref, state) }]);
      }
    }
    await registry.change(id, change, mode, Date.now());
    await secrets.settled();
    return this.get(id);
  }
}

/** @throws InvalidFields for what is no base64 */
function payloadOf({ payload_base64 }: { readonly payload_base64: string }): Buffer {
  if (!z.base64().safeParse(payload_base64).success) {
    throw new InvalidFields([
      { field: "payload_base64", code: "invalid_base64", message: "is not valid base64" },
    ]);
  }
  return Buffer.from(payload_base64, "base64");
}

function requireDocument(payload: Buffer): void {
  let document: unknown;
  try {
    document = JSON.parse(payload.toString("utf8"));
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  const isObject = typeof document === "object" && document !== null && !Array.isArray(document);
  if (isObject && !isTooDeep(document)) return;
  const message = isObject ? "is nested too deep" : "is not a JSON object, which an envelope holds";
  throw new InvalidFields([{ field: "payload_base64", message }]);
}

function notInForce(integrationId: string, { line, field, message }: QuarantinedEntry): PalyraError {
  const place = line === null ? "" : `, line ${line}`;
  const what = [field, message].filter((part) => part !== "").join(": ");
  return new PalyraError(
    "not_found",
    `The webhook ${integrationId} is not in force, because its entry is wrong. webhooks.toml${place}: ${what}.`,
    { nextStep: "Correct the entry; the file is read again when it is saved." },
  );
}

function deliveryView(stored: TracedDelivery): WebhookDelivery {
  const { facts } = stored;
  return {
    delivery_id: stored.deliveryId,
    integration_id: stored.integrationId,
    provider: facts.provider,
    event: facts.event,
    source: facts.source,
    state: stored.state,
    origin: facts.origin,
    signed: facts.signed,
    payload_bytes: facts.payloadBytes,
    safety_action: facts.safetyAction,
    safety_codes: [...facts.safetyCodes],
    attempts: stored.attempts,
    due_at_unix_ms: stored.dueAt,
    reason: stored.reason,
    messages:
      stored.messages === null
        ? null
        : {
            waiting: stored.messages.waiting,
            delivered: stored.messages.delivered,
            given_up: stored.messages.givenUp,
          },
    received_at_unix_ms: stored.receivedAt,
    updated_at_unix_ms: stored.updatedAt,
  };
}
