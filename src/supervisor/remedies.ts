import type { ErrorCode } from "../contracts/errors.ts";
import type { Remedy } from "../contracts/snapshot.ts";

const openSettings: Remedy = { title: "Open Settings", command: "palyra.openSettings" };
const restart: Remedy = { title: "Restart", command: "palyra.restart" };
const retry: Remedy = { title: "Retry", command: "palyra.retry" };
const setDiscordToken: Remedy = { title: "Set Discord Token", command: "palyra.setDiscordToken" };
const showLogs: Remedy = { title: "Show Logs", command: "palyra.showLogs" };
const start: Remedy = { title: "Start", command: "palyra.start" };

const remedies: Partial<Readonly<Record<ErrorCode, Remedy>>> = {
  browser_missing: openSettings,
  crash_loop: retry,
  discord_auth_failed: setDiscordToken,
  discord_intents_refused: restart,
  not_running: start,
  port_in_use: openSettings,
  secret_missing: setDiscordToken,
  secret_store_unavailable: retry,
  start_timeout: retry,
  storage_failed: retry,
  store_locked: retry,
  untrusted_responder: retry,
  version_skew: restart,
  workspace_untrusted: { title: "Manage Workspace Trust", command: "workbench.trust.manage" },
};

/** The command of the editor that mends an error; where none does, a look at the logs is the beginning. */
export function remedyFor(code: ErrorCode): Remedy {
  return remedies[code] ?? showLogs;
}
