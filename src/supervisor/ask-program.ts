import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { z } from "zod";
import { PalyraError } from "../platform/errors.ts";
import { sidecarEnvironment } from "./sidecar-environment.ts";
import type { SidecarProgram } from "./spawn-sidecar.ts";

/** Time a program has for its findings, in milliseconds. */
const limitMs = 8_000;
/** How much of what it says when it fails is shown, in characters. */
const complaintLimit = 300;

/**
 * Starts a sidecar's program in a mode in which it answers one request and ends. The request goes over its standard
 * input, because it may hold tokens.
 * @param flag of the mode
 * @throws `service_unavailable` when it does not answer in time or answers nonsense
 */
export async function askProgram<Schema extends z.ZodType>(
  { execPath, bundle }: SidecarProgram,
  flag: string,
  request: object,
  findings: Schema,
): Promise<z.output<Schema>> {
  const child = spawn(execPath, [bundle, flag], {
    env: sidecarEnvironment(process.env),
    stdio: "pipe",
    timeout: limitMs,
    killSignal: "SIGKILL",
    windowsHide: true,
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  // A program that ends before it has read its request is reported by what it leaves unsaid.
  child.stdin.on("error", () => child.stdin.destroy());
  child.stdin.end(JSON.stringify(request));
  const [output, complaint] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const parsed = findings.safeParse(parseJson(output));
  if (parsed.success) return parsed.data;
  const reason = child.signalCode === null ? complaint.trim().slice(-complaintLimit) : "it took too long";
  throw new PalyraError(
    "service_unavailable",
    `The program ${bundle} did not tell what it finds${reason === "" ? "" : ` (${reason})`}.`,
    { nextStep: "Install Palyra again." },
  );
}

function parseJson(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
