import { type JsonObject, newestOf, objectOf, textOf } from "./json-object.ts";

/** Entries that versions 5 to 7 keep of each list. */
const eventLimit = 40;
const notificationLimit = 40;
const draftLimit = 20;
const auditLimit = 40;
const silenceTimeoutMs = 1_800;
const hotkey = "CommandOrControl+Shift+Space";

/** The onboarding part of a profile as version 5 has it. Keys that it does not know are kept. */
export function normalOnboarding(value: unknown): JsonObject {
  const given = objectOf(value) ?? {};
  const discord = objectOf(given.discord) ?? {};
  const limit = discord.concurrency_limit;
  return {
    ...given,
    recent_events: newestOf(given.recent_events, eventLimit),
    failure_step_counts: objectOf(given.failure_step_counts) ?? {},
    discord: {
      ...discord,
      account_id: textOf(discord.account_id) ?? "default",
      mode: textOf(discord.mode) ?? "local",
      inbound_scope: textOf(discord.inbound_scope) ?? "dm_only",
      concurrency_limit: Number.isInteger(limit) ? Math.min(32, Math.max(1, Number(limit))) : 2,
      broadcast_strategy: textOf(discord.broadcast_strategy) ?? "deny",
    },
  };
}

/** The companion part of a profile as version 6 has it. Keys that it does not know are kept. */
export function normalCompanion(value: unknown): JsonObject {
  const given = objectOf(value) ?? {};
  const ambient = objectOf(given.ambient) ?? {};
  const voice = objectOf(given.voice) ?? {};
  const timeout = voice.silence_timeout_ms;
  return {
    ...given,
    active_section: textOf(given.active_section) ?? "home",
    active_session_id: textOf(given.active_session_id),
    active_device_id: textOf(given.active_device_id),
    last_run_id: textOf(given.last_run_id),
    last_connection_state: textOf(given.last_connection_state) ?? "unknown",
    notifications: newestOf(given.notifications, notificationLimit),
    offline_drafts: newestOf(given.offline_drafts, draftLimit),
    ambient: { ...ambient, global_hotkey: textOf(ambient.global_hotkey) ?? hotkey },
    voice: {
      ...voice,
      silence_timeout_ms: typeof timeout === "number" && timeout > 0 ? timeout : silenceTimeoutMs,
      audit_log: newestOf(voice.audit_log, auditLimit),
    },
  };
}
