import cookie from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import * as z from "zod";
import { AdminStatusResponse, HealthzResponse } from "../../contracts/http.ts";
import { consoleCookie } from "../../contracts/http-console.ts";
import { type AdminDoorParts, adminDoor, countRequest } from "./admin-door.ts";
import { type ApprovalRouteParts, addApprovalRoutes } from "./approval-routes.ts";
import { addAdminChannelRoutes, addChannelRoutes, type ChannelRouteParts } from "./channel-routes.ts";
import { addLogin, addSessionRoutes, type ConsoleParts, requireSession } from "./console-routes.ts";
import { addOnboardingRoutes, type OnboardingRouteParts } from "./onboarding-routes.ts";
import { addRouterRoutes, type RouterRouteParts } from "./router-routes.ts";
import { addWebhookRoutes, type WebhookRouteParts } from "./webhook-routes.ts";
import type { ZodApp } from "./zod-app.ts";

export interface ApiParts
  extends ChannelRouteParts,
    RouterRouteParts,
    ApprovalRouteParts,
    OnboardingRouteParts,
    AdminDoorParts,
    ConsoleParts,
    WebhookRouteParts {
  readonly health: () => HealthzResponse;
  readonly adminStatus: () => AdminStatusResponse;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly openApi: () => Promise<object>;
}

/** Loopback callers are not counted there, so that a page that was just opened can always sign in. */
const exempt = new Set(["/console/v1/auth/login", "/console/v1/auth/session"]);

const OpenApiDocument = z.record(z.string(), z.unknown());

/** All routes of the gateway, on both surfaces. */
export function addApi(bare: FastifyInstance, parts: ApiParts): void {
  const app: ZodApp = bare.withTypeProvider();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest("caller", null);
  app.decorateRequest("sessionToken", null);
  void app.register(cookie);
  const { limited, admin } = adminDoor(parts);
  const limitedPage = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (exempt.has(request.routeOptions.url ?? "")) return;
    const session = request.cookies[consoleCookie];
    const isKnown = session !== undefined && parts.sessions.use(session, Date.now()) !== null;
    countRequest(parts.limit, request, reply, isKnown);
  };
  app.get(
    "/healthz",
    {
      schema: { tags: ["health"], summary: "Whether the gateway works", response: { 200: HealthzResponse } },
    },
    async () => parts.health(),
  );
  app.get(
    "/openapi.json",
    {
      schema: { tags: ["health"], summary: "This description", response: { 200: OpenApiDocument } },
    },
    async () => ({ ...(await parts.openApi()) }),
  );
  app.get(
    "/metrics",
    {
      onRequest: admin,
      schema: {
        tags: ["health"],
        summary: "Figures for Prometheus",
        produces: ["text/plain"],
        response: { 200: z.string() },
      },
    },
    async (_request, reply) => {
      const metrics = await parts.metrics();
      return reply
        .serializer((text: string) => text)
        .type(metrics.contentType)
        .send(metrics.text);
    },
  );
  void app.register(
    async (scope: ZodApp) => {
      scope.addHook("onRequest", limited);
      scope.addHook("onRequest", admin);
      scope.get(
        "/status",
        {
          schema: {
            tags: ["health"],
            summary: "Everything about the gateway",
            response: { 200: AdminStatusResponse },
          },
        },
        async () => parts.adminStatus(),
      );
      addChannelRoutes(scope, parts);
      addAdminChannelRoutes(scope, parts);
      addRouterRoutes(scope, parts);
      addApprovalRoutes(scope, parts);
      addOnboardingRoutes(scope, parts);
      addWebhookRoutes(scope, parts);
    },
    { prefix: "/admin/v1" },
  );
  void app.register(
    async (scope: ZodApp) => {
      scope.addHook("onRequest", limitedPage);
      addLogin(scope, parts);
      await scope.register(async (inner: ZodApp) => {
        requireSession(inner, parts);
        addSessionRoutes(inner, parts);
        addChannelRoutes(inner, parts);
        addRouterRoutes(inner, parts);
        addApprovalRoutes(inner, parts);
        addOnboardingRoutes(inner, parts);
        addWebhookRoutes(inner, parts);
      });
    },
    { prefix: "/console/v1" },
  );
}
