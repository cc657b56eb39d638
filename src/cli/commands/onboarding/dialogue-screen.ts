import { type CANCEL_SYMBOL, confirm, isCancel, log, password, select, text } from "@clack/prompts";
import { Cancelled } from "../../cancelled.ts";
import { spin } from "../../output/spinner.ts";
import { wrapLines } from "../../output/wrap-lines.ts";
import { columnsOf, type Terminal } from "../../terminal.ts";
import { visibleText } from "../../visible-text.ts";

/** What the line at the left takes, with the space after it. */
const barWidth = 4;

/** One of several things to choose. */
export interface Choice<T> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

/** Questions and news of a dialogue on a terminal. Whatever is asked, Ctrl-C and Escape throw `Cancelled`. */
export class DialogueScreen {
  readonly #streams: { readonly input: Terminal["stdin"]; readonly output: Terminal["stdout"] };

  constructor({ stdin, stdout }: Terminal) {
    this.#streams = { input: stdin, output: stdout };
  }

  /** @param check says what is wrong with an answer; null when nothing is */
  async text(question: string, initial: string, check: (answer: string) => string | null): Promise<string> {
    const answer = await text({
      message: this.#broken(question),
      initialValue: initial,
      validate: (typed) => check((typed ?? "").trim()) ?? undefined,
      ...this.#streams,
    });
    return answered(answer).trim();
  }

  /** Reads a text that is not shown. */
  async hidden(question: string, check: (answer: string) => string | null): Promise<string> {
    const answer = await password({
      message: this.#broken(question),
      validate: (typed) => check((typed ?? "").trim()) ?? undefined,
      ...this.#streams,
    });
    return answered(answer).trim();
  }

  async choose<T>(question: string, choices: readonly Choice<T>[], initial?: T): Promise<T> {
    // The index is asked for, because values can be of any kind.
    const at = await select<number>({
      message: this.#broken(question),
      options: choices.map(({ label, hint }, index) => ({
        value: index,
        label: visibleText(label),
        ...(hint === undefined ? {} : { hint: visibleText(hint) }),
      })),
      initialValue: Math.max(
        0,
        choices.findIndex(({ value }) => value === initial),
      ),
      maxItems: 12,
      ...this.#streams,
    });
    const chosen = choices[answered(at)];
    if (chosen === undefined) throw new Cancelled();
    return chosen.value;
  }

  async agreed(question: string, initial = true): Promise<boolean> {
    return answered(
      await confirm({ message: this.#broken(question), initialValue: initial, ...this.#streams }),
    );
  }

  /** Shows what work goes on. Ctrl-C aborts it and throws `Cancelled`. */
  async busy<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    process.once("SIGINT", end);
    const clear = spin(this.#streams.output, visibleText(what));
    try {
      return await work(ending.signal);
    } catch (thrown) {
      throw ending.signal.aborted ? new Cancelled() : thrown;
    } finally {
      process.off("SIGINT", end);
      clear();
    }
  }

  say(message: string): void {
    log.message(this.#broken(message), { output: this.#streams.output });
  }

  good(message: string): void {
    log.success(this.#broken(message), { output: this.#streams.output });
  }

  warn(message: string): void {
    log.warn(this.#broken(message), { output: this.#streams.output });
  }

  bad(message: string): void {
    log.error(this.#broken(message), { output: this.#streams.output });
  }

  /** Broken between words, so that there is room for the line at the left. */
  #broken(message: string): string {
    return wrapLines([message], columnsOf(this.#streams.output) - barWidth).join("\n");
  }
}

function answered<T>(answer: T | typeof CANCEL_SYMBOL): T {
  if (isCancel(answer)) throw new Cancelled();
  return answer as T;
}
