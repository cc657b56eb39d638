import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";

/** A Fastify scope whose routes take their types from zod schemas. */
export type ZodApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Who asks, as far as a route has to know. */
export interface Caller {
  /** E.g. `admin:local`. */
  readonly principal: string;
  /** Name of the surface, for the reasons people see. */
  readonly surface: "admin API" | "console";
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
    sessionToken: string | null;
  }
}
