import { createInterface } from "node:readline/promises";
import { PalyraError } from "../platform/errors.ts";
import { wrapLines } from "./output/wrap-lines.ts";
import { columnsOf, type Terminal } from "./terminal.ts";
import { visibleText } from "./visible-text.ts";

/**
 * Asks a question that only “y” or “yes” answers with yes. Without a terminal there is nobody to ask.
 * @returns null when nobody can be asked
 */
export async function confirm({ stdin, stderr }: Terminal, question: string): Promise<boolean | null> {
  if (!stdin.isTTY) return null;
  stderr.write(`${wrapLines([`${question} [y/N]`], columnsOf(stderr)).join("\n")} `);
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) return /^y(?:es)?$/i.test(line.trim());
    // The input was ended on the line of the question.
    stderr.write("\n");
    return false;
  } finally {
    lines.close();
  }
}

/**
 * Makes sure that the user wants something others notice or that cannot be taken back.
 * @param sure `--yes` was given
 * @throws `validation_error` otherwise
 */
export async function confirmed(terminal: Terminal, sure: boolean, question: string): Promise<void> {
  if (sure || (await confirm(terminal, visibleText(question))) === true) return;
  throw new PalyraError("validation_error", "Nothing was done.", {
    nextStep: "Confirm with “y” on a terminal, or add --yes.",
  });
}
