import type { OwnerHelloRequest } from "../contracts/owner-link.ts";
import type { ServiceKind } from "../contracts/services.ts";
import { StateRootInspector } from "../supervisor/inspect-state-root.ts";
import { wrapLines } from "./output/wrap-lines.ts";
import { columnsOf, type Paint, paintFor, type Terminal } from "./terminal.ts";
import { visibleText } from "./visible-text.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  /** Absolute path. */
  readonly stateRoot: string;
  /** Name of the profile whose state root that is. */
  readonly profile: string;
  /** Absolute path of the default profile's state root; the other profiles are beneath it. */
  readonly profileBase: string;
  readonly json: boolean;
  readonly plain: boolean;
}

/** What a command works with. */
export interface CommandContext extends GlobalOptions {
  readonly terminal: Terminal;
  readonly version: string;
  readonly execPath: string;
  readonly sidecarBundles: Readonly<Record<ServiceKind, string>>;
  /** Program of the simulated Discord. */
  readonly simulatorBundle: string;
  /** Resolves when the user wants the command to end (Ctrl-C), which then does not end it by itself. */
  interrupted(): Promise<void>;
}

/** Name of this host for others. */
export const hostName = "terminal";

export function inspectorFor({ stateRoot, version, profile }: CommandContext): StateRootInspector {
  return new StateRootInspector(stateRoot, clientOf(version), profile);
}

function clientOf(version: string): OwnerHelloRequest["client"] {
  return { name: hostName, version, pid: process.pid };
}

/** Writes lines to standard output as they are. */
export function print({ terminal }: CommandContext, lines: readonly string[]): void {
  if (lines.length > 0) terminal.stdout.write(`${lines.join("\n")}\n`);
}

/** As `print`; on a terminal lines that are too long are broken between words. */
export function printForPeople(context: CommandContext, lines: readonly string[]): void {
  print(context, wrapLines(lines, columnsOf(context.terminal.stdout)));
}

/** Writes a message of a command that goes on to standard error. */
export function complain({ stderr }: Terminal, message: string): void {
  const lines = wrapLines([`palyra: ${visibleText(message)}`], columnsOf(stderr));
  stderr.write(`${lines.join("\n")}\n`);
}

export function paintOf({ terminal, plain }: CommandContext): Paint {
  return paintFor(terminal.stdout, terminal.env, plain);
}
