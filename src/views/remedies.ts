import type { ErrorCode, ErrorDetails } from "../contracts/errors.ts";
import type { Remedy, Warning } from "../contracts/snapshot.ts";
import { remedyFor } from "../supervisor/remedies.ts";
import { type CommandId, commandIds, manageTrustCommand, settingIds } from "./contribution-ids.ts";
import { settingOfWarning } from "./settings.ts";

/** A command that mends something, ready to be run. */
export interface RunnableRemedy {
  readonly title: string;
  readonly command: CommandId | typeof manageTrustCommand;
  readonly arguments: readonly string[];
}

const showLogs: RunnableRemedy = { title: "Show Logs", command: commandIds.showLogs, arguments: [] };

const ownCommands: ReadonlySet<string> = new Set(Object.values(commandIds));

/** The command that mends an error; the logs where none does. */
export function remedyOfError(problem: ErrorDetails): RunnableRemedy {
  const { title, command } = remedyFor(problem.code);
  if (command !== manageTrustCommand && !isOwnCommand(command)) return showLogs;
  return { title, command, arguments: settingArgument(command, problem.code, null) };
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
    return setting === null ? settingArgument(remedy.command, warning.code, warning.source) : [setting];
  }
  if (remedy.command === commandIds.setDiscordToken) {
    return warning.source.startsWith("discord:") ? [warning.source.slice("discord:".length)] : [];
  }
  if (remedy.command === commandIds.resumeQueue) return [warning.source];
  return warning.source === "gateway" || warning.source === "browserd" ? [warning.source] : [];
}

/** The setting that an error is about, as the argument of the command that opens the settings. */
function settingArgument(
  command: string,
  code: ErrorCode | undefined,
  source: string | null,
): readonly string[] {
  if (command !== commandIds.openSettings) return [];
  if (code === "browser_missing") return [settingIds.browserPath];
  if (code !== "port_in_use" || source === null) return [];
  return [source === "browserd" ? settingIds.browserdPort : settingIds.gatewayPort];
}
