import { messageOf, PalyraError } from "../platform/errors.ts";
import { readRegularFile } from "../platform/read-regular-file.ts";

/**
 * Text of a configuration file; a missing file means all defaults.
 * @throws `config_invalid` when something else than a readable file of sensible size is there
 */
export async function readConfigText(file: string): Promise<string> {
  const reading = await readRegularFile(file).catch((cause: unknown) => {
    throw new PalyraError("config_invalid", messageOf(cause), {
      ...(cause instanceof PalyraError ? { nextStep: cause.nextStep } : {}),
      cause,
    });
  });
  if (reading.kind === "read") return reading.text;
  if (reading.kind === "missing") return "";
  throw new PalyraError("config_invalid", `${file} cannot be read: it ${reading.reason}.`, {
    nextStep: "Move it away and put a configuration file in its place.",
  });
}
