import type * as z from "zod";
import {
  DeliveriesResponse,
  DeliveryActionResponse,
  type PutWebhookRequest,
  SignWebhookResponse,
  TestWebhookResponse,
  type Webhook,
  WebhookDeletedResponse,
  type WebhookDelivery,
  WebhookResponse,
  WebhooksResponse,
  type WebhookTestResult,
} from "../../contracts/http-webhooks.ts";
import type { GatewayApi } from "../gateway-api.ts";

/** What the gateway does with webhooks. */
export class WebhookDesk {
  readonly #api: GatewayApi;

  constructor(api: GatewayApi) {
    this.#api = api;
  }

  async list(): Promise<WebhooksResponse> {
    return await this.#api.get("/webhooks", WebhooksResponse);
  }

  async put(request: z.input<typeof PutWebhookRequest>): Promise<Webhook> {
    return (await this.#api.post("/webhooks", request, WebhookResponse)).integration;
  }

  async setEnabled(id: string, enabled: boolean): Promise<void> {
    await this.#api.post(`${of(id)}/enabled`, { enabled }, WebhookResponse);
  }

  async remove(id: string): Promise<void> {
    await this.#api.post(`${of(id)}/delete`, {}, WebhookDeletedResponse);
  }

  /** Has a payload signed as its sender would and judged as if it had come in. Nothing happens with it. */
  async test(id: string, payload: object): Promise<z.infer<typeof WebhookTestResult>> {
    const payload_base64 = Buffer.from(JSON.stringify(payload)).toString("base64");
    const signed = await this.#api.post(`${of(id)}/sign`, { payload_base64 }, SignWebhookResponse);
    const body = { payload_base64: signed.body_base64, headers: signed.headers };
    return (await this.#api.post(`${of(id)}/test`, body, TestWebhookResponse)).result;
  }

  async deliveries(id: string): Promise<readonly WebhookDelivery[]> {
    const path = `/webhook-deliveries?integration_id=${encodeURIComponent(id)}`;
    return (await this.#api.get(path, DeliveriesResponse)).deliveries;
  }

  async decide(deliveryId: string, action: "replay" | "discard"): Promise<WebhookDelivery> {
    const path = `/webhook-deliveries/${encodeURIComponent(deliveryId)}/${action}`;
    return (await this.#api.post(path, {}, DeliveryActionResponse)).delivery;
  }
}

function of(id: string): string {
  return `/webhooks/${encodeURIComponent(id)}`;
}
