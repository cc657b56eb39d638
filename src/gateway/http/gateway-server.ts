import type { FastifyInstance, FastifyRequest } from "fastify";
import { PalyraError } from "../../platform/errors.ts";
import type { Redactor } from "../../platform/redactor.ts";
import { AllowedMethods } from "../../sidecar/http/allowed-methods.ts";
import { bearerToken } from "../../sidecar/http/bearer-token.ts";
import { envelopedApp, pathOf } from "../../sidecar/http/enveloped-app.ts";
import { boundPortOf, listenOnWishedPort, loopbackHost, type PortWish } from "../../sidecar/listen-port.ts";
import type { Logger } from "../../sidecar/log/logger.ts";
import { loadOnce } from "../load-once.ts";
import type { HookDoor } from "../webhooks/hook-door.ts";
import { adminDoor } from "./admin-door.ts";
import type { ApiParts } from "./api.ts";
import { addHookRoute } from "./hook-route.ts";
import { isPublicHook, refusalOfCaller } from "./loopback-guard.ts";

/** Largest request body, in bytes: the longest message with everything around it. */
const bodyLimit = 262_144;

export interface GatewayServerOptions {
  readonly wish: PortWish;
  readonly api: ApiParts;
  readonly hooks: HookDoor;
  /** Names under which `/hooks` is reached besides the loopback ones, in lower case. */
  readonly publicHosts: () => readonly string[];
  readonly redactor: Pick<Redactor, "redact">;
  readonly log: Logger;
  /** A valid token came with a request that a foreign page or host sent: somebody knows it who should not. */
  tokenMisused(): void;
}

/** The gateway's HTTP port on the loopback interface. */
export interface GatewayServer {
  readonly port: number;
  /** Makes an app that serves `/hooks` and nothing else, for a port that is not the loopback one. */
  hooksOnly(): FastifyInstance;
  close(): Promise<void>;
}

/**
 * Starts to serve.
 * @throws `port_in_use` when the wished port is pinned and taken
 */
export async function startGatewayServer(options: GatewayServerOptions): Promise<GatewayServer> {
  let port = 0;
  const methods = new AllowedMethods();
  let api: FastifyInstance | null = null;
  const wholeApi = loadOnce(async () => {
    api = await openApi(options, methods, () => port);
    return api;
  });
  const listenOnce = async (wished: number): Promise<{ app: FastifyInstance; port: number }> => {
    const app = frontApp(options, methods, () => port, wholeApi);
    try {
      await app.listen({ host: loopbackHost, port: wished });
    } catch (thrown) {
      await app.close();
      throw thrown;
    }
    return { app, port: boundPortOf(app.server) };
  };
  let app: FastifyInstance | null = null;
  port = await listenOnWishedPort(options.wish, async (wished) => {
    const bound = await listenOnce(wished);
    app = bound.app;
    return bound.port;
  });
  return {
    port,
    hooksOnly: () => {
      const only = bareApp(options, new AllowedMethods(), (request) =>
        request.headers.origin === undefined ? null : "The request comes from a web page.",
      );
      addHookRoute(only, options);
      return only;
    },
    close: async () => {
      await app?.close();
      await api?.close();
    },
  };
}

/** Answers what is asked all the time, and hands everything else on to the whole API, unread. */
function frontApp(
  options: GatewayServerOptions,
  methods: AllowedMethods,
  port: () => number,
  wholeApi: () => Promise<FastifyInstance>,
): FastifyInstance {
  const app = bareApp(options, methods, (request) =>
    isPublicHook(pathOf(request), request.headers, options.publicHosts())
      ? null
      : refusalOfCaller(request.headers, port()),
  );
  const { health, adminStatus } = options.api;
  const { limited, admin } = adminDoor(options.api);
  app.addHook("onRequest", async (request, reply) => {
    // Also what is wrong with a request to a webhook: it may come under a name that nothing else is reached by.
    if (!request.is404 || pathOf(request).startsWith("/hooks/")) return;
    const api = await wholeApi();
    reply.hijack();
    api.routing(request.raw, reply.raw);
  });
  app.get("/healthz", async () => health());
  app.get("/admin/v1/status", { onRequest: [limited, admin] }, async () => adminStatus());
  addHookRoute(app, options);
  return app;
}

/** All routes with their schemas, which few gateways are ever asked for: loaded with the first request. */
async function openApi(
  options: GatewayServerOptions,
  methods: AllowedMethods,
  port: () => number,
): Promise<FastifyInstance> {
  const { addApi } = await import("./api.ts");
  const app = bareApp(options, methods, (request) => refusalOfCaller(request.headers, port()));
  addApi(app, options.api);
  await app.ready();
  return app;
}

/**
 * Guards and the form of failures, without routes.
 * @param methods what the addresses of all apps behind the port take
 * @param refusalOf why a request is not even looked at; null when it is
 */
function bareApp(
  options: GatewayServerOptions,
  methods: AllowedMethods,
  refusalOf: (request: FastifyRequest) => string | null,
): FastifyInstance {
  const { redactor, log, api } = options;
  const app = envelopedApp({
    bodyLimit,
    redactor,
    failed: ({ method, path, reason }) => log.error("request failed", { method, path, error: reason }),
    methods,
  });
  app.addHook("onRequest", async (request) => {
    const refusal = refusalOf(request);
    if (refusal === null) return;
    if (api.acceptsToken(bearerToken(request.headers.authorization) ?? "")) options.tokenMisused();
    throw new PalyraError("forbidden", refusal);
  });
  return app;
}
