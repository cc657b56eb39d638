import {
  ChangeWebhookRequest,
  DeliveriesQuery,
  DeliveriesResponse,
  DeliveryActionResponse,
  DeliveryParams,
  DeliveryResponse,
  DispatchWebhookRequest,
  HookAccepted,
  PutWebhookRequest,
  PutWebhookResponse,
  SignWebhookRequest,
  SignWebhookResponse,
  TestWebhookRequest,
  TestWebhookResponse,
  WebhookDeletedResponse,
  WebhookEnabledRequest,
  WebhookParams,
  WebhookResponse,
  WebhooksQuery,
  WebhooksResponse,
} from "../../contracts/http-webhooks.ts";
import { webhookBounds } from "../../contracts/webhook.ts";
import type { WebhookDesk } from "../webhooks/webhook-desk.ts";
import { callerOf } from "./channel-routes.ts";
import type { ZodApp } from "./zod-app.ts";

export interface WebhookRouteParts {
  readonly webhooks: () => Promise<WebhookDesk>;
}

/** The largest payload in base64, with what is around it. */
const bodyLimit = Math.ceil(webhookBounds.maxPayloadBytes / 3) * 4 + 65_536;

/** The routes of webhook integrations and their deliveries, alike on both surfaces. */
export function addWebhookRoutes(app: ZodApp, parts: WebhookRouteParts): void {
  addIntegrations(app, parts);
  addTrials(app, parts);
  addDeliveries(app, parts);
}

const one = "/webhooks/:integration_id";

function addIntegrations(app: ZodApp, { webhooks }: WebhookRouteParts): void {
  const tags = ["webhooks"];
  app.get(
    "/webhooks",
    {
      schema: {
        tags,
        summary: "All integrations, and entries of the file that are not in force",
        querystring: WebhooksQuery,
        response: { 200: WebhooksResponse },
      },
    },
    async (request) => (await webhooks()).list(request.query),
  );
  app.post(
    "/webhooks",
    {
      schema: {
        tags,
        summary: "Make an integration, or change fields of the one with this id",
        body: PutWebhookRequest,
        response: { 200: PutWebhookResponse },
      },
    },
    async (request) => await (await webhooks()).put(request.body),
  );
  app.get(
    one,
    { schema: { tags, summary: "One of them", params: WebhookParams, response: { 200: WebhookResponse } } },
    async (request) => ({ integration: (await webhooks()).get(request.params.integration_id) }),
  );
  app.patch(
    one,
    {
      schema: {
        tags,
        summary: "Change the given fields and leave the others",
        params: WebhookParams,
        body: ChangeWebhookRequest,
        response: { 200: WebhookResponse },
      },
    },
    async (request) => ({
      integration: await (await webhooks()).change(request.params.integration_id, request.body),
    }),
  );
  app.post(
    `${one}/enabled`,
    {
      schema: {
        tags,
        summary: "Enable or disable it; enabling needs its secret",
        params: WebhookParams,
        body: WebhookEnabledRequest,
        response: { 200: WebhookResponse },
      },
    },
    async (request) => ({
      integration: await (await webhooks()).change(request.params.integration_id, request.body),
    }),
  );
  app.post(
    `${one}/delete`,
    {
      schema: {
        tags,
        summary: "Remove it; its secret stays stored",
        params: WebhookParams,
        response: { 200: WebhookDeletedResponse },
      },
    },
    async (request) => {
      const { integration_id } = request.params;
      await (await webhooks()).remove(integration_id);
      return { integration_id, deleted: true as const };
    },
  );
}

function addTrials(app: ZodApp, { webhooks }: WebhookRouteParts): void {
  const tags = ["webhook trials"];
  app.post(
    `${one}/test`,
    {
      bodyLimit,
      schema: {
        tags,
        summary: "What would become of a request; nothing happens and nothing is used up",
        params: WebhookParams,
        body: TestWebhookRequest,
        response: { 200: TestWebhookResponse },
      },
    },
    async (request) => await (await webhooks()).test(request.params.integration_id, request.body),
  );
  app.post(
    `${one}/sign`,
    {
      bodyLimit,
      schema: {
        tags,
        summary: "The request that its sender would make of a payload now",
        params: WebhookParams,
        body: SignWebhookRequest,
        response: { 200: SignWebhookResponse },
      },
    },
    async (request) => (await webhooks()).sign(request.params.integration_id, request.body),
  );
  app.post(
    `${one}/dispatch`,
    {
      bodyLimit,
      schema: {
        tags,
        summary: "Trigger it by hand; every check but that of the signature is made",
        params: WebhookParams,
        body: DispatchWebhookRequest,
        response: { 202: HookAccepted },
      },
    },
    async (request, reply) => {
      const accepted = await (await webhooks()).dispatch(request.params.integration_id, request.body);
      return await reply.code(202).send(accepted);
    },
  );
}

function addDeliveries(app: ZodApp, { webhooks }: WebhookRouteParts): void {
  const tags = ["webhook deliveries"];
  const delivery = "/webhook-deliveries/:delivery_id";
  app.get(
    "/webhook-deliveries",
    {
      schema: {
        tags,
        summary: "What came in, newest first",
        querystring: DeliveriesQuery,
        response: { 200: DeliveriesResponse },
      },
    },
    async (request) => await (await webhooks()).deliveries(request.query),
  );
  app.get(
    delivery,
    {
      schema: {
        tags,
        summary: "One of them, with its payload as far as it is kept",
        params: DeliveryParams,
        response: { 200: DeliveryResponse },
      },
    },
    async (request) => await (await webhooks()).delivery(request.params.delivery_id),
  );
  app.post(
    `${delivery}/replay`,
    {
      schema: {
        tags,
        summary: "Try a dead or held delivery again from the beginning",
        params: DeliveryParams,
        response: { 200: DeliveryActionResponse },
      },
    },
    async (request) => ({ delivery: await (await webhooks()).replay(request.params.delivery_id) }),
  );
  app.post(
    `${delivery}/discard`,
    {
      schema: {
        tags,
        summary: "Let a delivery go that is not done",
        params: DeliveryParams,
        response: { 200: DeliveryActionResponse },
      },
    },
    async (request) => ({
      delivery: await (await webhooks()).discard(request.params.delivery_id, callerOf(request).surface),
    }),
  );
}
