import type { FastifyReply, FastifyRequest } from "fastify";
import { PalyraError } from "../../platform/errors.ts";
import { bearerToken } from "../../sidecar/http/bearer-token.ts";
import { principalOf } from "./caller-headers.ts";
import type { RateLimit } from "./rate-limit.ts";

export interface AdminDoorParts {
  readonly limit: RateLimit;
  readonly acceptsToken: (token: string) => boolean;
}

type Check = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * Counts a request.
 * @param isKnown whether it shows what only the owner has
 * @throws `rate_limited`
 */
export function countRequest(
  limit: RateLimit,
  request: Pick<FastifyRequest, "ip">,
  reply: Pick<FastifyReply, "header">,
  isKnown: boolean,
): void {
  const waitMs = limit.refuse(request.ip, isKnown, Date.now());
  if (waitMs === null) return;
  reply.header("retry-after", Math.ceil(waitMs / 1_000));
  throw new PalyraError("rate_limited", "Too many requests within a second.");
}

/** What every request to `/admin/v1` has to pass: the rate limit, and then the token with who shows it. */
export function adminDoor({ limit, acceptsToken }: AdminDoorParts): {
  readonly limited: Check;
  readonly admin: Check;
} {
  return {
    limited: async (request, reply) => {
      const isKnown = acceptsToken(bearerToken(request.headers.authorization) ?? "");
      countRequest(limit, request, reply, isKnown);
    },
    admin: async (request) => {
      const token = bearerToken(request.headers.authorization);
      if (token === null) throw new PalyraError("unauthorized", "The request shows no bearer token.");
      if (!acceptsToken(token)) throw new PalyraError("unauthorized", "The token is not valid.");
      request.caller = { principal: principalOf(request.headers), surface: "admin API" };
    },
  };
}
