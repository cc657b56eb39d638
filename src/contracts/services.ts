import * as z from "zod";
import { serviceKinds } from "./service-kinds.ts";

export const ServiceKind = z.enum(serviceKinds);
export type ServiceKind = z.infer<typeof ServiceKind>;

/** A port by the name of what it serves. */
export const BoundPort = z.object({ name: z.string(), port: z.int().min(1).max(65535) });
export type BoundPort = z.infer<typeof BoundPort>;

/** Lines kept per service in memory. */
export const logRingCapacity = 400;

export const LogStream = z.enum(["stdout", "stderr", "supervisor"]);
export const LogLevel = z.enum(["debug", "info", "warn", "error"]);
export type LogLevel = z.infer<typeof LogLevel>;

/** One line of a service's log. `unix_ms` is when it was written. */
export const LogLine = z.object({
  unix_ms: z.int(),
  service: ServiceKind,
  stream: LogStream,
  level: LogLevel,
  line: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;
