import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { PalyraError, systemErrorCode } from "../../platform/errors.ts";
import { writePrivateFile } from "../../platform/write-private-file.ts";

export interface FolderLimits {
  readonly storeMaxBytes: number;
  readonly storeMaxFiles: number;
  /** Milliseconds. */
  readonly retentionMs: number;
}

export interface FolderOptions {
  /** As they are now. */
  readonly limits: () => FolderLimits;
  /** Digests of files that messages still have to go out with: they are never removed. */
  readonly held?: () => Promise<ReadonlySet<string>>;
}

interface Kept {
  readonly bytes: number;
  readonly keptAt: number;
}

const digestPattern = /^[0-9a-f]{64}$/;
/** A file whose writing was cut off, as `writePrivateFile` names it. */
const draftPattern = /^[0-9a-f]{64}\.[0-9a-f]+\.tmp$/;
/** A file is safe for this long, in milliseconds: longer than the turn in which it is used. */
const turnMs = 150_000;

/**
 * Files by the SHA-256 of their content, in one folder of the owner's own. It never holds more than its limits: the
 * oldest go first, except those in use. A new one that would not fit then is not kept.
 */
export class AttachmentFolder {
  readonly #folder: string;
  readonly #options: FolderOptions;
  /** Oldest first. */
  readonly #files: Map<string, Kept>;

  private constructor(folder: string, options: FolderOptions, files: Map<string, Kept>) {
    this.#folder = folder;
    this.#options = options;
    this.#files = files;
  }

  /** Opens the folder, made when it is missing, removes what a crash left behind, and brings it within its limits. */
  static async open(folder: string, options: FolderOptions, now: number): Promise<AttachmentFolder> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    const found: [string, Kept][] = [];
    for (const name of await readdir(folder)) {
      if (draftPattern.test(name)) await rm(path.join(folder, name), { force: true });
      if (!digestPattern.test(name)) continue;
      const facts = await stat(path.join(folder, name));
      found.push([name, { bytes: facts.size, keptAt: facts.mtimeMs }]);
    }
    found.sort(([, a], [, b]) => a.keptAt - b.keptAt);
    const opened = new AttachmentFolder(folder, options, new Map(found));
    await opened.prune(now);
    return opened;
  }

  get usage(): { readonly files: number; readonly bytes: number } {
    let bytes = 0;
    for (const file of this.#files.values()) bytes += file.bytes;
    return { files: this.#files.size, bytes };
  }

  /**
   * Keeps bytes. @returns their SHA-256 in hexadecimal, by which they are read again
   * @throws `payload_too_large` when there is no room, because everything else is in use
   */
  async put(bytes: Uint8Array, now: number): Promise<string> {
    const digest = createHash("sha256").update(bytes).digest("hex");
    await this.#makeRoom(this.#files.has(digest) ? 0 : bytes.byteLength, now);
    if (!this.#files.has(digest)) {
      await writePrivateFile(path.join(this.#folder, digest), Buffer.from(bytes));
    }
    this.#files.delete(digest);
    this.#files.set(digest, { bytes: bytes.byteLength, keptAt: now });
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
    return await this.#prune(now, { files: 0, bytes: 0 });
  }

  async #makeRoom(bytes: number, now: number): Promise<void> {
    if (bytes === 0) return;
    await this.#prune(now, { files: 1, bytes });
    const { usage } = this;
    const { storeMaxBytes, storeMaxFiles } = this.#options.limits();
    if (usage.files + 1 <= storeMaxFiles && usage.bytes + bytes <= storeMaxBytes) return;
    throw new PalyraError("payload_too_large", "There is no room for another file.", {
      nextStep: "Raise store_max_bytes or store_max_artifacts in [media] of palyra.toml.",
    });
  }

  /** @param room what is to be free afterwards */
  async #prune(now: number, room: { readonly files: number; readonly bytes: number }): Promise<number> {
    const limits = this.#options.limits();
    let { files, bytes } = this.usage;
    const isTooMuch = (): boolean =>
      files + room.files > limits.storeMaxFiles || bytes + room.bytes > limits.storeMaxBytes;
    const isOld = (file: Kept): boolean => now - file.keptAt > limits.retentionMs;
    if (!isTooMuch() && ![...this.#files.values()].some(isOld)) return 0;
    const held = (await this.#options.held?.()) ?? new Set<string>();
    let removed = 0;
    for (const [digest, file] of [...this.#files]) {
      if (!isTooMuch() && !isOld(file)) break;
      if (held.has(digest) || Math.abs(now - file.keptAt) < turnMs) continue;
      await rm(path.join(this.#folder, digest), { force: true });
      this.#files.delete(digest);
      files -= 1;
      bytes -= file.bytes;
      removed += 1;
    }
    return removed;
  }
}
