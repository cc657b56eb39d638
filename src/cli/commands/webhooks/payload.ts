import { buffer } from "node:stream/consumers";
import { type Command, Option } from "commander";
import { webhookBounds } from "../../../contracts/webhook.ts";
import { PalyraError } from "../../../platform/errors.ts";
import { readInputFile } from "../../read-input-file.ts";
import type { Terminal } from "../../terminal.ts";

export interface PayloadFlags {
  readonly payloadStdin?: boolean;
  readonly payloadFile?: string;
}

/** Adds the ways to give a payload; exactly one of them has to be used. */
export function withPayload(command: Command): Command {
  return command
    .option("--payload-stdin", "read the payload from standard input")
    .addOption(new Option("--payload-file <file>", "read it from a file").conflicts("payloadStdin"));
}

/** The payload as base64. @throws `validation_error` when there is none or it is empty; `payload_too_large`; as `readInputFile` */
export async function payloadOf(
  { stdin }: Terminal,
  { payloadStdin, payloadFile }: PayloadFlags,
): Promise<string> {
  if (payloadStdin !== true && payloadFile === undefined) {
    throw new PalyraError("validation_error", "No payload is given.", {
      nextStep: "Use --payload-file FILE or --payload-stdin.",
    });
  }
  const payload = payloadFile === undefined ? await buffer(stdin) : await readInputFile(payloadFile);
  if (payload.length === 0) throw new PalyraError("validation_error", "The payload is empty.");
  if (payload.length <= webhookBounds.maxPayloadBytes) return payload.toString("base64");
  throw new PalyraError(
    "payload_too_large",
    `The payload has ${payload.length} bytes; no webhook takes more than ${webhookBounds.maxPayloadBytes}.`,
  );
}
