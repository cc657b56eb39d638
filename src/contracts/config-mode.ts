import * as z from "zod";
import { ErrorDetails } from "./errors.ts";
import { GatewayConfig } from "./gateway-config.ts";

/**
 * The configuration mode of the gateway's program: started with `configModeFlag` it reads a `ConfigRequest` from its
 * standard input until its end, prints its `ConfigAnswer` as one JSON document, and ends. A gateway that runs sees a
 * change by itself.
 */
export const configModeFlag = "--config-mode";

export const ConfigRequest = z.object({
  state_root: z.string().min(1),
  /** Settings to write; none: the file is only read and checked. */
  changes: z.array(
    z.object({
      /** From the top of the file, such as `["router", "enabled"]`. */
      path: z.array(z.string().regex(/^(?!__proto__$)[^\s.]{1,128}$/)).min(1),
      /** Null takes the setting out, so that its default is in force. */
      value: z.json(),
    }),
  ),
});
export type ConfigRequest = z.infer<typeof ConfigRequest>;

export const ConfigAnswer = z.discriminatedUnion("ok", [
  z.object({
    ok: z.literal(true),
    file: z.string(),
    exists: z.boolean(),
    /** All settings in force, defaults included. */
    config: GatewayConfig,
    config_hash: z.string(),
  }),
  z.object({ ok: z.literal(false), error: ErrorDetails }),
]);
export type ConfigAnswer = z.infer<typeof ConfigAnswer>;
