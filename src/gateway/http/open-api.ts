import type { FastifyInstance } from "fastify";
import * as z from "zod";
import { ErrorEnvelope } from "../../contracts/errors.ts";
import { HookAccepted } from "../../contracts/http-webhooks.ts";
import { productVersion } from "../../platform/version.ts";

const description = `Administration on the loopback interface. Every failure, whatever it is, has the form of ErrorEnvelope.

\`/admin/v1\` and \`/metrics\` take the admin token as a bearer. \`x-palyra-principal\` says in whose name somebody asks
(\`admin:local\` unless it is shown); \`x-palyra-device-id\`, a ULID, and \`x-palyra-channel\` may be shown. \`/console/v1\`
takes a session cookie, and with everything but GET the session's \`x-palyra-csrf-token\`. \`/hooks\` takes what its sender
has signed. Who asks too often is told in \`retry-after\` how many seconds to wait.`;

interface Operation {
  security?: object[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: BodySchema }> };
  responses?: Record<string, object>;
}

interface BodySchema {
  readonly anyOf?: readonly { readonly type?: string }[];
}

interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas?: Record<string, object> };
}

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
      info: { title: "Palyra gateway", description, version: productVersion },
      components: {
        securitySchemes: {
          adminToken: { type: "http", scheme: "bearer" },
          consoleSession: { type: "apiKey", in: "cookie", name: "palyra_console_session" },
          csrfToken: { type: "apiKey", in: "header", name: "x-palyra-csrf-token" },
        },
      },
    },
    transform: jsonSchemaTransform,
  });
  addRoutes(app);
  try {
    await app.ready();
    return completed(app.swagger() as unknown as OpenApi);
  } finally {
    await app.close();
  }
}

/** Adds what all operations have in common, and the one that reads its body itself. */
function completed(document: OpenApi): OpenApi {
  const { components } = document;
  const paths = { ...document.paths, "/hooks/{integration_id}": { post: hookOperation() } };
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      operation.security = securityOf(path, method);
      if (operation.requestBody !== undefined) {
        operation.requestBody.required = !mayBeLeftOut(operation.requestBody);
      }
      operation.responses = { ...operation.responses, default: { $ref: "#/components/responses/Failure" } };
    }
  }
  const failure = { schema: { $ref: "#/components/schemas/ErrorEnvelope" } };
  return {
    ...document,
    paths,
    components: {
      ...components,
      schemas: { ...components.schemas, ErrorEnvelope: z.toJSONSchema(ErrorEnvelope) },
      responses: {
        Failure: { description: "Why not, and what to do", content: { "application/json": failure } },
      },
    },
  } as OpenApi;
}

function securityOf(path: string, method: string): object[] {
  if (path.startsWith("/admin/v1/") || path === "/metrics") return [{ adminToken: [] }];
  if (!path.startsWith("/console/v1/") || path.endsWith("/auth/login")) return [];
  return [method === "get" ? { consoleSession: [] } : { consoleSession: [], csrfToken: [] }];
}

/** A body that may be null may also be none at all; the library calls every body required. */
function mayBeLeftOut({ content }: NonNullable<Operation["requestBody"]>): boolean {
  return Object.values(content).some(
    ({ schema }) => schema?.anyOf?.some(({ type }) => type === "null") === true,
  );
}

function hookOperation(): Operation & Record<string, unknown> {
  return {
    summary: "Take what an integration's sender has signed",
    tags: ["webhooks"],
    parameters: [{ in: "path", name: "integration_id", required: true, schema: { type: "string" } }],
    requestBody: { required: true, content: { "*/*": {} } },
    responses: {
      "200": { description: "The answer to a sender's question whether somebody is there" },
      "202": {
        description: "Durable; its effect follows",
        content: { "application/json": { schema: z.toJSONSchema(HookAccepted) } },
      },
    },
  };
}
