import { fileProblem } from "../../platform/errors.ts";
import { readRegularFile } from "../../platform/read-regular-file.ts";
import { removeFileForGood } from "../../platform/write-private-file.ts";
import { writeConfigText } from "../config-edit/write-config-text.ts";

/** A file as it was at one moment, byte by byte. */
export class KeptFile {
  readonly #file: string;
  readonly #text: string | null;

  /** @param text null when it was missing */
  constructor(file: string, text: string | null) {
    this.#file = file;
    this.#text = text;
  }

  /** Reads it; a missing one is remembered as missing. @throws `storage_failed` when it cannot be read */
  static async of(file: string): Promise<KeptFile> {
    const reading = await readRegularFile(file);
    if (reading.kind === "unusable") throw fileProblem(file, "read", `it ${reading.reason}`);
    return new KeptFile(file, reading.kind === "read" ? reading.text : null);
  }

  /** Whether it is the same now as another time. */
  equals(other: KeptFile): boolean {
    return this.#text === other.#text;
  }

  /** Null when it was missing. */
  get text(): string | null {
    return this.#text;
  }

  /** Puts it back as it was. */
  async restore(): Promise<void> {
    if (this.#text === null) await removeFileForGood(this.#file);
    else await writeConfigText(this.#file, this.#text);
  }
}
