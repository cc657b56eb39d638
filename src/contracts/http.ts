import * as z from "zod";
import { GatewayStatus } from "./sidecar-status.ts";

/** `GET /healthz`, open to every local caller; says nothing about who or what is configured. */
export const HealthzResponse = z.object({
  service: z.string(),
  status: z.enum(["ok", "degraded", "unhealthy"]),
  version: z.string(),
  uptime_seconds: z.int().nonnegative(),
});
export type HealthzResponse = z.infer<typeof HealthzResponse>;

/** `GET /admin/v1/status`, with the admin token. */
export const AdminStatusResponse = HealthzResponse.extend({ gateway: GatewayStatus });
export type AdminStatusResponse = z.infer<typeof AdminStatusResponse>;
