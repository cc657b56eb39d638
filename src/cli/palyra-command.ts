import { Command, type HelpContext } from "commander";
import { PalyraError } from "../platform/errors.ts";
import { insteadOf } from "./habits.ts";

/**
 * A command whose faults of use are errors like all others, so that they are told in one way, also to programs.
 * A group that is named alone shows its help.
 */
export class PalyraCommand extends Command {
  override createCommand(name?: string): PalyraCommand {
    return new PalyraCommand(name);
  }

  /** @throws `validation_error` */
  override error(message: string): never {
    const words: string[] = [];
    let command: Command | null = this.parent;
    for (; command !== null; command = command.parent) words.unshift(command.name());
    throw usageError(message, [...words, this.name()]);
  }

  override help(context?: HelpContext | ((text: string) => string)): never {
    const isFault = typeof context === "object" && context.error;
    const [, asked] = this.args;
    // “help NAME” with a name that there is not comes here, too.
    if (isFault && asked !== undefined) this.error(`unknown command '${asked}'`);
    return super.help({ error: false });
  }
}

/**
 * What the parser says, as an error with a next step.
 * @param message such as `error: unknown option '--jsn'`, on the next line perhaps `(Did you mean --json?)`
 * @param path names of the command and of those it belongs to
 */
export function usageError(message: string, path: readonly string[]): PalyraError {
  const [first = "", suggestion] = message.replace(/^error: /, "").split("\n");
  // The value of an option that there is not may be a secret.
  const fact = first.replace(/'(--?[\w-]+)=.*'$/s, "'$1'").replace(/'(-\w).+'$/s, "'$1'");
  const unknown = /^unknown (?:command|option) '(.*)'$/s.exec(fact)?.[1];
  const help = `“${path.join(" ")} --help” shows what there is.`;
  const meant = /^\(Did you mean (?:one of )?(.+)\?\)$/.exec(suggestion ?? "")?.[1];
  const instead = unknown === undefined ? null : insteadOf([...path.slice(1), unknown]);
  return new PalyraError("validation_error", sentence(fact), {
    nextStep: instead ?? (meant === undefined ? help : `Did you mean ${meant}? ${help}`),
  });
}

function sentence(text: string): string {
  const whole = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
