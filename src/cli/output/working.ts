import type { CommandContext } from "../command-context.ts";

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
  let ended = false;
  const show = async (): Promise<void> => {
    const { spinner } = await import("@clack/prompts");
    if (ended) return;
    const onCancel = (): void => {
      clear();
      // The spinner took Ctrl-C for itself; where nobody else waits for it, it ends the command as ever.
      if (process.listenerCount("SIGINT") === 0) process.kill(process.pid, "SIGINT");
    };
    const shown = spinner({ output: terminal.stderr, withGuide: false, onCancel });
    shown.start(what);
    clear = () => shown.clear();
  };
  const timer = setTimeout(() => void show(), patienceMs);
  try {
    return await work;
  } finally {
    ended = true;
    clearTimeout(timer);
    clear();
  }
}
