import { createHash } from "node:crypto";
import { StagedAccount } from "../../contracts/staged-account.ts";
import { messageOf, PalyraError } from "../../platform/errors.ts";
import { readRegularFile } from "../../platform/read-regular-file.ts";
import { removeFileForGood, writePrivateFile } from "../../platform/write-private-file.ts";

/** The note of an account that is being set up, on the disk. */
export class StagedNote {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Null when nothing is being set up. @throws `storage_failed` for a file that is no such note */
  async read(): Promise<StagedAccount | null> {
    const reading = await readRegularFile(this.#file, noteByteLimit);
    if (reading.kind === "missing") return null;
    try {
      if (reading.kind === "unusable") throw new Error(`it ${reading.reason}`);
      return StagedAccount.parse(JSON.parse(reading.text));
    } catch (cause) {
      throw new PalyraError("storage_failed", `${this.#file} is of no use: ${messageOf(cause)}.`, {
        nextStep: "Remove this file, and look whether palyra.toml and the bot's token are as you want them.",
        cause,
      });
    }
  }

  /** Durable when it returns. */
  async write(note: StagedAccount): Promise<void> {
    await writePrivateFile(this.#file, JSON.stringify(note));
  }

  /** Durable when it returns. */
  async drop(): Promise<void> {
    await removeFileForGood(this.#file);
  }
}

/** Two copies of `palyra.toml`, each at its largest and with every character escaped, in bytes. */
const noteByteLimit = 64 * 1024 * 1024;

/** Tells one token from another without keeping it. */
export function tokenDigest(token: string): string {
  return createHash("sha256").update(`staged account token\u0000${token}`).digest("hex");
}
