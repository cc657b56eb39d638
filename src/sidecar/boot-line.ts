import type { Readable } from "node:stream";
import { BootLine } from "../contracts/control-link.ts";
import { PalyraError } from "../platform/errors.ts";

/** Largest boot line, in bytes. */
export const bootLineLimit = 64 * 1024;
/** How long a sidecar waits for its boot line, in milliseconds. */
export const bootDeadlineMs = 10_000;

/**
 * Reads the one line of JSON a sidecar is started with. The text never appears in an error: it holds tokens.
 * @param input the standard input of the process
 * @param limits `maxBytes` and `deadlineMs` replace the defaults
 * @throws `config_invalid` when the line is late, too long, missing, no JSON or no `BootLine`
 */
export async function readBootLine(
  input: Readable,
  limits: { maxBytes?: number; deadlineMs?: number } = {},
): Promise<BootLine> {
  const text = await readLine(input, limits.maxBytes ?? bootLineLimit, limits.deadlineMs ?? bootDeadlineMs);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bootError("is not JSON");
  }
  const parsed = BootLine.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => issue.path.join(".") || "the line");
  throw bootError(`has wrong values for: ${[...new Set(fields)].join(", ")}`);
}

function bootError(fault: string): PalyraError {
  return new PalyraError("config_invalid", `The boot line on standard input ${fault}.`, {
    nextStep: "Start the service through the control center (“palyra up” or VS Code).",
  });
}

function readLine(input: Readable, maxBytes: number, deadlineMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (finish: () => void): void => {
      clearTimeout(deadline);
      input.off("data", onData);
      input.off("end", onEnd);
      input.off("error", onError);
      input.pause();
      finish();
    };
    const fail = (fault: string): void => settle(() => reject(bootError(fault)));
    const deadline = setTimeout(() => fail(`did not arrive within ${deadlineMs / 1000} s`), deadlineMs);
    const onData = (data: Buffer | string): void => {
      const chunk = typeof data === "string" ? Buffer.from(data) : data;
      const newline = chunk.indexOf(0x0a);
      const part = newline < 0 ? chunk : chunk.subarray(0, newline);
      size += part.length;
      chunks.push(part);
      if (size > maxBytes) fail(`is longer than ${maxBytes} bytes`);
      else if (newline >= 0) settle(() => resolve(Buffer.concat(chunks).toString("utf8")));
    };
    const onEnd = (): void => fail("ended before its newline");
    const onError = (): void => fail("could not be read");
    input.on("data", onData);
    input.on("end", onEnd);
    input.on("error", onError);
  });
}
