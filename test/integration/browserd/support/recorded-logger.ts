import type { Logger } from "../../../../src/browserd/logger.ts";

/** A logger that keeps everything, so that a test can look for what must not be in it. */
export function recordedLogger(): Logger & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  return { lines, debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
