import * as z from "zod";

/** Cookie and header of a console session. */
export const consoleCookie = "palyra_console_session";
export const csrfHeader = "x-palyra-csrf-token";

const Principal = z.string().trim().min(1, "must not be blank").max(128);
/** ULID of the device that asks. */
const DeviceId = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, "must be a ULID");

export const LoginRequest = z.strictObject({
  /** Left out, the login is refused as one with a wrong token. */
  admin_token: z.string().trim().min(1, "must not be blank").max(512).optional(),
  principal: Principal.default("admin:local"),
  device_id: DeviceId.optional(),
  /** Through which channel somebody asks; blank for none. */
  channel: z.string().trim().max(128).optional(),
});
export type LoginRequest = z.infer<typeof LoginRequest>;

export const SessionResponse = z.object({
  principal: z.string(),
  device_id: z.string().nullable(),
  channel: z.string().nullable(),
  /** To be sent as `x-palyra-csrf-token` with everything but GET. */
  csrf_token: z.string(),
  issued_at_unix_ms: z.int(),
  expires_at_unix_ms: z.int(),
});
export type SessionResponse = z.infer<typeof SessionResponse>;

export const LogoutResponse = z.object({ signed_out: z.literal(true) });
