import type { RateRule } from "./rate-limits.ts";

/**
 * Limits per bucket. Discord publishes none and changes them at will; these are close to what its
 * servers answer, so that a client meets them in ordinary use. A bucket that is not listed has `other`.
 */
export const defaultRateRules: Readonly<Record<string, RateRule>> = {
  "messages/create": { limit: 5, windowMs: 5000 },
  "messages/edit": { limit: 5, windowMs: 5000 },
  "messages/delete": { limit: 5, windowMs: 1000 },
  "messages/list": { limit: 5, windowMs: 5000 },
  reactions: { limit: 1, windowMs: 250 },
  typing: { limit: 5, windowMs: 5000 },
  "users/@me/channels": { limit: 10, windowMs: 10_000 },
  other: { limit: 30, windowMs: 10_000 },
};
