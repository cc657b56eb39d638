import type { ErrorCode, ErrorDetails } from "../contracts/errors.ts";
import type { Remedy, Warning } from "../contracts/snapshot.ts";
import { type CommandId, commandIds, manageTrustCommand } from "./contribution-ids.ts";
import { settingOfWarning } from "./settings.ts";

/** A command that mends something, ready to be run. */
export interface RunnableRemedy {
  readonly title: string;
  readonly command: CommandId | typeof manageTrustCommand;
  readonly arguments: readonly string[];
}

const ownCommands: ReadonlySet<string> = new Set(Object.values(commandIds));

const remediesByCode: Partial<Readonly<Record<ErrorCode, readonly [string, RunnableRemedy["command"]]>>> = {
  config_invalid: ["Open Settings", commandIds.openSettings],
  port_in_use: ["Open Settings", commandIds.openSettings],
  browser_missing: ["Open Settings", commandIds.openSettings],
  not_running: ["Start", commandIds.start],
  start_timeout: ["Retry", commandIds.retry],
  crash_loop: ["Retry", commandIds.retry],
  untrusted_responder: ["Retry", commandIds.retry],
  version_skew: ["Restart", commandIds.restart],
  storage_failed: ["Retry", commandIds.retry],
  store_locked: ["Retry", commandIds.retry],
  secret_missing: ["Set Discord Token", commandIds.setDiscordToken],
  discord_auth_failed: ["Set Discord Token", commandIds.setDiscordToken],
  discord_intents_refused: ["Restart", commandIds.restart],
  workspace_untrusted: ["Manage Workspace Trust", manageTrustCommand],
};

/** The command that mends an error; the logs where none does. */
export function remedyOfError(problem: ErrorDetails): RunnableRemedy {
  const [title, command] = remediesByCode[problem.code] ?? ["Show Logs", commandIds.showLogs];
  return { title, command, arguments: [] };
}

/**
 * The command that mends a warning; null when it has none. A command that is not one of this extension is
 * no remedy: texts of other processes must not choose what VS Code runs.
 */
export function remedyOfWarning(warning: Warning): RunnableRemedy | null {
  const { remedy } = warning;
  if (remedy === null || !isOwnCommand(remedy.command)) return null;
  return { title: remedy.title, command: remedy.command, arguments: argumentsOf(warning, remedy) };
}

function isOwnCommand(command: string): command is CommandId {
  return ownCommands.has(command);
}

function argumentsOf(warning: Warning, remedy: Remedy): readonly string[] {
  if (remedy.command === commandIds.openSettings) {
    const setting = settingOfWarning(warning);
    return setting === null ? [] : [setting];
  }
  if (remedy.command === commandIds.setDiscordToken) {
    return warning.source.startsWith("discord:") ? [warning.source.slice("discord:".length)] : [];
  }
  return warning.source === "gateway" || warning.source === "browserd" ? [warning.source] : [];
}
