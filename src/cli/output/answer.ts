import { type CommandContext, paintOf, print, printForPeople } from "../command-context.ts";
import { columnsOf, type Paint } from "../terminal.ts";
import { visibleJson, visibleText } from "../visible-text.ts";
import { type PlainRecord, renderRecord } from "./record.ts";

/** What a command found or did, for its three kinds of readers. */
export interface Answer {
  /** For `--json`: one document, as the contracts say. */
  readonly data: object;
  /** For `--plain`: one line each. */
  readonly records: readonly PlainRecord[];
  /**
   * For people. Foreign text in it has been made visible; lines that are too long are broken later.
   * @param now Unix milliseconds
   * @param width columns that a table may take
   */
  readonly lines: (paint: Paint, now: number, width: number) => readonly string[];
  /** When it is not 0 although nothing was thrown. */
  readonly exitCode?: number;
}

/** Writes an answer to standard output in the way the user wants it. */
export function present(context: CommandContext, answer: Answer): void {
  if (context.json) print(context, [visibleJson(answer.data)]);
  else if (context.plain) print(context, answer.records.map(renderRecord).map(visibleText));
  else
    printForPeople(context, answer.lines(paintOf(context), Date.now(), columnsOf(context.terminal.stdout)));
}
