import { createHash } from "node:crypto";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Zip, ZipDeflate } from "fflate";
import { messageOf, PalyraError } from "../../platform/errors.ts";
import { ensurePrivateFolder } from "../../platform/secure-folder.ts";
import { unlessAborted } from "../../platform/unless-aborted.ts";
import { writePrivateFile } from "../../platform/write-private-file.ts";
import type { EntrySource } from "./bundle-entries.ts";
import type { BundleRedactor } from "./bundle-redactor.ts";

/** Largest content of a bundle before it is packed, in bytes. */
export const bundleByteLimit = 8 * 1024 * 1024;
/** Bytes packed at one time, so that the host stays responsive and a cancel is heard. */
const chunkBytes = 256 * 1024;
const manifestName = "manifest.json";

export interface BundleOptions {
  /** Absolute path of the zip file, which must not exist or is replaced whole. */
  readonly file: string;
  readonly sources: readonly EntrySource[];
  readonly redactor: Pick<BundleRedactor, "redact" | "redactData">;
  /** Unix milliseconds. */
  readonly now: number;
  readonly version: string;
  /** Facts about how the bundle came about, for its manifest. */
  readonly notes: readonly string[];
  readonly signal: AbortSignal;
  readonly maxBytes?: number;
  /** @param done from 0 to 1 */
  progress(step: string, done: number): void;
}

interface ManifestEntry {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes that were left out at its beginning, because the bundle would be too large. */
  readonly cut_bytes: number;
}

export interface WrittenBundle {
  readonly file: string;
  readonly bytes: number;
  readonly entries: readonly string[];
}

/**
 * Writes a support bundle: every entry redacted, in all at most `maxBytes`, with a manifest. A cancelled one
 * leaves nothing behind.
 * @throws the reason of `signal`; `storage_failed` when the file cannot be written
 */
export async function writeBundle(options: BundleOptions): Promise<WrittenBundle> {
  const { sources, signal, progress, file } = options;
  const zip = new CollectedZip();
  const entries: ManifestEntry[] = [];
  const missing: string[] = [];
  let room = options.maxBytes ?? bundleByteLimit;
  for (const [index, source] of sources.entries()) {
    signal.throwIfAborted();
    progress(source.name, index / (sources.length + 1));
    const text = await unlessAborted(textOf(source, options.redactor), signal);
    if (text === null) {
      missing.push(source.name);
      continue;
    }
    const whole = Buffer.from(text);
    // The end of a log tells more than its beginning.
    const kept = whole.subarray(Math.max(0, whole.length - room));
    room -= kept.length;
    entries.push({
      name: source.name,
      bytes: kept.length,
      sha256: createHash("sha256").update(kept).digest("hex"),
      cut_bytes: whole.length - kept.length,
    });
    await zip.add(source.name, kept, signal);
  }
  progress(manifestName, sources.length / (sources.length + 1));
  await zip.add(manifestName, Buffer.from(manifestOf(options, entries, missing)), signal);
  const packed = zip.end();
  signal.throwIfAborted();
  await save(file, packed);
  progress("done", 1);
  return { file, bytes: packed.length, entries: [...entries.map(({ name }) => name), manifestName] };
}

/** A part that cannot be read must not keep the rest from those who could help. */
async function textOf(source: EntrySource, redactor: BundleOptions["redactor"]): Promise<string | null> {
  try {
    const content = await source.read();
    if (content === null || typeof content === "string") return content && redactor.redact(content);
    return `${JSON.stringify(redactor.redactData(content), null, 2)}\n`;
  } catch (thrown) {
    return redactor.redact(`(not read: ${messageOf(thrown)})\n`);
  }
}

function manifestOf(
  { version, now, notes, redactor }: BundleOptions,
  entries: readonly ManifestEntry[],
  missing: readonly string[],
): string {
  const manifest = {
    schema_version: 1,
    product: "palyra",
    version,
    created_at: new Date(now).toISOString(),
    notes: notes.map((note) => redactor.redact(note)),
    entries,
    not_present: missing,
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

async function save(file: string, packed: Buffer): Promise<void> {
  try {
    await writePrivateFile(file, packed);
  } catch (cause) {
    throw new PalyraError("storage_failed", `${file} cannot be written: ${messageOf(cause)}.`, {
      nextStep: "Choose another place for the bundle.",
      cause,
    });
  }
}

/** A zip file in memory, packed piece by piece. */
class CollectedZip {
  readonly #parts: Uint8Array[] = [];
  readonly #zip = new Zip((error, part) => {
    if (error !== null) throw error;
    this.#parts.push(part);
  });

  async add(name: string, content: Buffer, signal: AbortSignal): Promise<void> {
    const entry = new ZipDeflate(name, { level: 6 });
    this.#zip.add(entry);
    for (let start = 0; start < content.length; start += chunkBytes) {
      signal.throwIfAborted();
      entry.push(content.subarray(start, start + chunkBytes), false);
      await nextTurn();
    }
    entry.push(new Uint8Array(), true);
  }

  end(): Buffer {
    this.#zip.end();
    return Buffer.concat(this.#parts);
  }
}

/** The usual name of a bundle, in the folder for bundles of a state root, which is made. */
export async function defaultBundleFile(stateRoot: string, now: number): Promise<string> {
  const folder = path.join(stateRoot, "support-bundles");
  await ensurePrivateFolder(folder);
  return path.join(folder, `palyra-support-${new Date(now).toISOString().replaceAll(/[:.]/g, "-")}.zip`);
}
