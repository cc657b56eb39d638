import type { RestRequest, RestResult } from "./services.ts";

/** One REST endpoint: where it is, what it counts against, and what it does. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path after the version; parameters are written `:name`, ids end in `_id`. */
  readonly path: string;
  /** Name of its rate-limit bucket; routes with the same name share it. */
  readonly bucket: string;
  /** Works without a token. */
  readonly anonymous?: boolean;
  /** Does not count against the bot's global limit (Discord docs: Rate Limits, Global Rate Limit). */
  readonly outsideGlobalLimit?: boolean;
  handle(request: RestRequest): RestResult | Promise<RestResult>;
}
