import { createInterface } from "node:readline/promises";
import type { Terminal } from "./terminal.ts";

/**
 * Asks a question that only “y” or “yes” answers with yes. Without a terminal there is nobody to ask.
 * @returns null when nobody can be asked
 */
export async function confirm({ stdin, stderr }: Terminal, question: string): Promise<boolean | null> {
  if (!stdin.isTTY) return null;
  stderr.write(`${question} [y/N] `);
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) return /^y(?:es)?$/i.test(line.trim());
    return false;
  } finally {
    lines.close();
  }
}
