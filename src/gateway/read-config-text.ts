import { isUtf8 } from "node:buffer";
import { lstat } from "node:fs/promises";
import { messageOf, PalyraError } from "../platform/errors.ts";
import { readRegularBytes } from "../platform/read-regular-file.ts";

/**
 * Text of a configuration file, with the mark that some editors put before it; a missing file means all defaults.
 * @throws `config_invalid` when something else than a readable file of sensible size, in UTF-8, is there, or a link
 *   to none
 */
export async function readConfigText(file: string): Promise<string> {
  const reading = await readRegularBytes(file).catch((cause: unknown) => {
    throw new PalyraError("config_invalid", messageOf(cause), {
      ...(cause instanceof PalyraError ? { nextStep: cause.nextStep } : {}),
      cause,
    });
  });
  if (reading.kind === "missing") {
    if (!(await isLink(file))) return "";
    // Taken for a missing file, it would switch every account off, and the next change would replace the link.
    throw new PalyraError(
      "config_invalid",
      `${file} cannot be read: it is a link to a file that is not there.`,
      {
        nextStep: "Bring the file back that it leads to, or remove the link.",
      },
    );
  }
  if (reading.kind === "unusable") {
    throw new PalyraError("config_invalid", `${file} cannot be read: it ${reading.reason}.`, {
      nextStep: "Move it away and put a configuration file in its place.",
    });
  }
  // Read as something else, an edit would write back other letters than the user's.
  if (!isUtf8(reading.content)) {
    throw new PalyraError(
      "config_invalid",
      `${file}, line ${lineThatIsNotUtf8(reading.content)}: not UTF-8.`,
      {
        nextStep: "Save the file in UTF-8; it is read again when it is saved.",
      },
    );
  }
  return reading.content.toString("utf8");
}

async function isLink(file: string): Promise<boolean> {
  return await lstat(file).then(
    (info) => info.isSymbolicLink(),
    () => false,
  );
}

function lineThatIsNotUtf8(content: Buffer): number {
  const lines = content.toString("latin1").split("\n");
  return lines.findIndex((line) => !isUtf8(Buffer.from(line, "latin1"))) + 1;
}
