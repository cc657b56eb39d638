import type { CommandContext } from "../command-context.ts";
import { spin } from "./spinner.ts";

/** Shorter work is not told of, in milliseconds. */
const patienceMs = 1_000;

/** Does work and, when it takes longer than a second on a terminal, says meanwhile what it is. */
export async function working<T>(
  { terminal, json, plain }: CommandContext,
  what: string,
  work: Promise<T>,
): Promise<T> {
  if (terminal.stderr.isTTY !== true || json || plain) return await work;
  let clear = (): void => undefined;
  const timer = setTimeout(() => {
    clear = spin(terminal.stderr, what);
  }, patienceMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    clear();
  }
}
