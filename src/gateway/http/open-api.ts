import type { FastifyInstance } from "fastify";
import { productVersion } from "../../platform/version.ts";

/**
 * The OpenAPI document of all routes, made from their schemas.
 * @param addRoutes adds the routes to an app that never listens
 */
export async function openApiDocument(addRoutes: (app: FastifyInstance) => void): Promise<object> {
  const [{ default: Fastify }, { default: swagger }, { jsonSchemaTransform }] = await Promise.all([
    import("fastify"),
    import("@fastify/swagger"),
    import("fastify-type-provider-zod"),
  ]);
  const app = Fastify({ logger: false, exposeHeadRoutes: false });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Palyra gateway",
        description:
          "Administration on the loopback interface. /admin/v1 takes the admin token as a bearer; /console/v1 a session cookie, and the session's x-palyra-csrf-token with everything but GET. Every failure has the form of ErrorEnvelope.",
        version: productVersion,
      },
      components: {
        securitySchemes: {
          adminToken: { type: "http", scheme: "bearer" },
          consoleSession: { type: "apiKey", in: "cookie", name: "palyra_console_session" },
        },
      },
    },
    transform: jsonSchemaTransform,
  });
  addRoutes(app);
  try {
    await app.ready();
    return app.swagger();
  } finally {
    await app.close();
  }
}
