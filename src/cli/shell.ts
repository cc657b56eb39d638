import type { Command } from "commander";
import { defaultSettings } from "../supervisor/control-center-options.ts";
import { type CommandContext, complain } from "./command-context.ts";
import { findGateway, gatewayPresence, startGateway } from "./find-gateway.ts";
import { GatewayClient } from "./gateway-client.ts";
import { type Answer, present } from "./output/answer.ts";
import { working } from "./output/working.ts";

/** What commands need of the program they are part of. */
export interface Shell {
  /** The context of the command that runs now. */
  context(): CommandContext;
  /** Sets the exit code of a command that did not fail with an error. */
  exitWith(code: number): void;
}

/** Has a command show what it finds, in the way the user wants it. */
export async function show(shell: Shell, work: (context: CommandContext) => Promise<Answer>): Promise<void> {
  const context = shell.context();
  tell(shell, context, await work(context));
}

/** Adds `--start` to a command that needs the gateway. */
export function needsGateway(command: Command): Command {
  return command.option("--start", "start the gateway when it is not running");
}

/**
 * As `show`, for a command that asks the gateway.
 * @param given `start`: start it when it does not run
 * @param what what is going on, when it takes long
 */
export async function showFromGateway(
  shell: Shell,
  given: { readonly start?: boolean },
  work: (gateway: GatewayClient, context: CommandContext) => Promise<Answer>,
  what = "Asking the gateway",
): Promise<void> {
  const context = shell.context();
  const answer = withGateway(context, given.start ?? false, (gateway) => work(gateway, context));
  tell(shell, context, await working(context, what, answer));
  if (given.start === true && !context.json && !context.plain) await sayWhatFollows(context);
}

/** Whoever had a bot connected with `--start` would wonder why it is gone soon after. */
async function sayWhatFollows(context: CommandContext): Promise<void> {
  if ((await gatewayPresence(context)) !== "alone") return;
  const { lingerSeconds } = defaultSettings;
  complain(
    context.terminal,
    `The gateway was started for this and ends in ${lingerSeconds} s; “palyra up” keeps it running.`,
  );
}

/** Does work with the running gateway, or with one that is started for it. @throws `not_running` */
export async function withGateway<T>(
  context: CommandContext,
  start: boolean,
  work: (gateway: GatewayClient) => Promise<T>,
): Promise<T> {
  const road = start ? await startGateway(context) : await findGateway(context);
  try {
    return await work(new GatewayClient(road));
  } finally {
    await road.close();
  }
}

function tell(shell: Shell, context: CommandContext, answer: Answer): void {
  present(context, answer);
  if (answer.exitCode !== undefined) shell.exitWith(answer.exitCode);
}
