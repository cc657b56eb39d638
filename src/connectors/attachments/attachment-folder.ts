import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { systemErrorCode } from "../../platform/errors.ts";
import { writePrivateFile } from "../../platform/write-private-file.ts";

export interface FolderLimits {
  readonly storeMaxBytes: number;
  readonly storeMaxFiles: number;
  /** Milliseconds. */
  readonly retentionMs: number;
}

interface Kept {
  readonly bytes: number;
  readonly keptAt: number;
}

const digestPattern = /^[0-9a-f]{64}$/;

/**
 * Files by the SHA-256 of their content, in one folder of the owner's own. It never holds more than its limits: the
 * oldest go first.
 */
export class AttachmentFolder {
  readonly #folder: string;
  readonly #limits: FolderLimits;
  /** Oldest first. */
  readonly #files: Map<string, Kept>;

  private constructor(folder: string, limits: FolderLimits, files: Map<string, Kept>) {
    this.#folder = folder;
    this.#limits = limits;
    this.#files = files;
  }

  /** Opens the folder, made when it is missing, and brings it within its limits. */
  static async open(folder: string, limits: FolderLimits, now: number): Promise<AttachmentFolder> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    const found: [string, Kept][] = [];
    for (const name of await readdir(folder)) {
      if (!digestPattern.test(name)) continue;
      const facts = await stat(path.join(folder, name));
      found.push([name, { bytes: facts.size, keptAt: facts.mtimeMs }]);
    }
    found.sort(([, a], [, b]) => a.keptAt - b.keptAt);
    const opened = new AttachmentFolder(folder, limits, new Map(found));
    await opened.prune(now);
    return opened;
  }

  get usage(): { readonly files: number; readonly bytes: number } {
    let bytes = 0;
    for (const file of this.#files.values()) bytes += file.bytes;
    return { files: this.#files.size, bytes };
  }

  /** Keeps bytes. @returns their SHA-256 in hexadecimal, by which they are read again */
  async put(bytes: Uint8Array, now: number): Promise<string> {
    const digest = createHash("sha256").update(bytes).digest("hex");
    if (!this.#files.has(digest)) {
      await writePrivateFile(path.join(this.#folder, digest), Buffer.from(bytes));
    }
    this.#files.delete(digest);
    this.#files.set(digest, { bytes: bytes.byteLength, keptAt: now });
    await this.prune(now);
    return digest;
  }

  /** Null when the file was never kept, is gone, or is no longer what it was. */
  async get(digest: string): Promise<Buffer | null> {
    if (!digestPattern.test(digest) || !this.#files.has(digest)) return null;
    try {
      const bytes = await readFile(path.join(this.#folder, digest));
      return createHash("sha256").update(bytes).digest("hex") === digest ? bytes : null;
    } catch (thrown) {
      if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
      this.#files.delete(digest);
      return null;
    }
  }

  /** Removes what is too old or too much. @returns how many files went */
  async prune(now: number): Promise<number> {
    let { files, bytes } = this.usage;
    let removed = 0;
    for (const [digest, file] of [...this.#files]) {
      const isTooMuch = files > this.#limits.storeMaxFiles || bytes > this.#limits.storeMaxBytes;
      if (!isTooMuch && now - file.keptAt <= this.#limits.retentionMs) break;
      await rm(path.join(this.#folder, digest), { force: true });
      this.#files.delete(digest);
      files -= 1;
      bytes -= file.bytes;
      removed += 1;
    }
    return removed;
  }
}
