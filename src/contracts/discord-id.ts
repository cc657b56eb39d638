import * as z from "zod";

export const snowflakePattern = /^\d{16,20}$/;
/** Decimal id of Discord, as people copy it out of the app. */
export const Snowflake = z.string().regex(snowflakePattern, "must be a Discord id (16 to 20 digits)");
