import * as z from "zod";
import { ErrorDetails } from "./errors.ts";

/**
 * The check mode of a sidecar's program: started with `selfCheckFlag` it reads a `SelfCheckRequest` from its
 * standard input until its end, prints its findings as one JSON document, and ends. It serves nothing, and
 * changes nothing unless it is asked to repair the store.
 */
export const selfCheckFlag = "--self-check";

export const SelfCheckRequest = z.object({
  state_root: z.string().min(1),
  /** `skip` while a gateway has the store open; `repair` opens it, which sets aside what cannot be read. */
  store: z.enum(["look", "repair", "skip"]),
  /** Bot tokens by the reference of their secret; they are used for requests to Discord and kept nowhere. */
  discord_tokens: z.record(z.string(), z.string()),
  /** Absolute path of the browser the user chose. */
  browser_path: z.string().nullable(),
});
export type SelfCheckRequest = z.infer<typeof SelfCheckRequest>;

export const StoreFinding = z.object({
  state: z.enum(["absent", "sound", "damaged", "skipped", "unreadable"]),
  /** One sentence each. */
  details: z.array(z.string()),
});
export type StoreFinding = z.infer<typeof StoreFinding>;

export const DiscordFinding = z.object({
  account: z.string(),
  outcome: z.enum(["ok", "disabled", "no_token", "refused", "unreachable", "no_intent"]),
  /** Name of the bot; null while Discord did not tell. */
  bot: z.string().nullable(),
  /** Why, when the outcome is neither `ok` nor `disabled`. */
  problem: z.string().nullable(),
  /** New sessions that Discord still allows, and when it counts anew, in milliseconds from now. */
  session_starts: z
    .object({ remaining: z.int(), total: z.int(), reset_after_ms: z.int().nonnegative() })
    .nullable(),
  /** The clock of Discord minus the clock of this machine, in milliseconds; null when it is not known. */
  clock_ahead_ms: z.int().nullable(),
});
export type DiscordFinding = z.infer<typeof DiscordFinding>;

export const GatewayFindings = z.object({
  service: z.literal("gateway"),
  version: z.string(),
  /** What is wrong with `palyra.toml`; null when nothing is. */
  config_problem: ErrorDetails.nullable(),
  /** False when there is none, and all is at its default. */
  config_exists: z.boolean(),
  store: StoreFinding,
  discord: z.array(DiscordFinding),
  model: z.object({ provider: z.string(), problem: z.string().nullable() }).nullable(),
});
export type GatewayFindings = z.infer<typeof GatewayFindings>;

export const BrowserdFindings = z.object({
  service: z.literal("browserd"),
  version: z.string(),
  browser: z.object({
    path: z.string().nullable(),
    source: z.string().nullable(),
    /** Why none was found, and how to get one; null when one was. */
    problem: z.string().nullable(),
    how_to_install: z.string().nullable(),
  }),
});
export type BrowserdFindings = z.infer<typeof BrowserdFindings>;
