import path from "node:path";
import type { AppendFile, FileLayer } from "../../../../src/connectors/store/file-layer.ts";

/** What happens at one file operation, counted from 1. */
export interface Fault {
  readonly at: number;
  /**
   * `fail`: it has no effect and rejects; `half`: a write or rename takes effect in part or whole and rejects;
   * `dead`: from here on every operation fails, as when the process or disk is gone.
   */
  readonly mode: "fail" | "half" | "dead";
  readonly code: "ENOSPC" | "EIO" | "EROFS";
}

interface Chunk {
  bytes: Buffer;
  /** `lost`: a sync failed, the system forgot that the pages are dirty and will never write them. */
  state: "dirty" | "synced" | "lost";
}

type NameOperation = { readonly from: string | null; readonly to: string | null; readonly file: Chunk[] };

/**
 * A disk in memory that counts its operations, fails where it is told to, and knows what survives a loss of
 * power: only synced bytes for sure, names only after a sync of the folder, and any part of the rest.
 */
export class FaultyDisk {
  readonly operations: string[] = [];
  fault: Fault | null = null;
  syncs = 0;
  /** While set, syncs wait for it. */
  syncGate: Promise<void> | null = null;
  #names = new Map<string, Chunk[]>();
  #durableNames = new Map<string, Chunk[]>();
  #unsyncedNames: NameOperation[] = [];

  readonly layer: FileLayer = {
    makeFolder: async () => undefined,
    list: (folder) =>
      this.#step("list", folder, () =>
        [...this.#names.keys()]
          .filter((file) => path.dirname(file) === folder)
          .map((file) => path.basename(file)),
      ),
    read: (file) => this.#step("read", file, () => new Uint8Array(contentOf(this.#existing(file)))),
    create: (file) =>
      this.#step("create", file, () => {
        if (this.#names.has(file)) throw systemError("EEXIST", file);
        const chunks: Chunk[] = [];
        this.#name({ from: null, to: file, file: chunks });
        return this.#appendFile(file, chunks);
      }),
    rename: (from, to) =>
      this.#step("rename", to, () => this.#name({ from, to, file: this.#existing(from) })),
    remove: (file) =>
      this.#step("remove", file, () => this.#name({ from: file, to: null, file: this.#existing(file) })),
    syncFolder: (folder) =>
      this.#step("syncFolder", folder, () => {
        this.#durableNames = new Map(this.#names);
        this.#unsyncedNames = [];
      }),
  };

  /** The disk after the process was killed: the system has everything that was written. */
  afterKill(): FaultyDisk {
    const disk = new FaultyDisk();
    for (const [name, chunks] of this.#names) disk.put(name, contentOf(chunks));
    return disk;
  }

  /** The disk after a loss of power. @param random yields numbers in [0, 1) */
  afterPowerLoss(random: () => number): FaultyDisk {
    const names = new Map(this.#durableNames);
    const kept = Math.floor(random() * (this.#unsyncedNames.length + 1));
    for (const operation of this.#unsyncedNames.slice(0, kept)) applyName(names, operation);
    const disk = new FaultyDisk();
    for (const [name, chunks] of names) disk.put(name, survivingContent(chunks, random));
    return disk;
  }

  names(): string[] {
    return [...this.#names.keys()].map((file) => path.basename(file)).sort();
  }

  content(file: string): Buffer {
    return contentOf(this.#existing(file));
  }

  /** Puts a file there, durably and without counting. */
  put(file: string, content: Uint8Array): void {
    const chunks: Chunk[] = [{ bytes: Buffer.from(content), state: "synced" }];
    this.#names.set(file, chunks);
    this.#durableNames.set(file, chunks);
  }

  #appendFile(file: string, chunks: Chunk[]): AppendFile {
    const write = (bytes: Uint8Array): void => {
      chunks.push({ bytes: Buffer.from(bytes), state: "dirty" });
    };
    return {
      append: (data) =>
        this.#step(
          "append",
          file,
          () => write(data),
          () => write(data.subarray(0, data.length >> 1)),
        ),
      sync: () =>
        this.#step(
          "sync",
          file,
          async () => {
            this.syncs += 1;
            await this.syncGate;
            mark(chunks, "synced");
          },
          () => mark(chunks, "lost"),
        ),
      close: async () => undefined,
    };
  }

  #name(operation: NameOperation): void {
    applyName(this.#names, operation);
    this.#unsyncedNames.push(operation);
  }

  #existing(file: string): Chunk[] {
    const chunks = this.#names.get(file);
    if (chunks === undefined) throw systemError("ENOENT", file);
    return chunks;
  }

  async #step<T>(
    operation: string,
    file: string,
    effect: () => T | Promise<T>,
    half: () => void = () => void effect(),
  ): Promise<T> {
    this.operations.push(`${operation} ${path.basename(file)}`);
    const { fault } = this;
    const number = this.operations.length;
    if (fault !== null && (number === fault.at || (fault.mode === "dead" && number > fault.at))) {
      // A sync that fails always loses what it should have written: that is what makes it dangerous.
      if (fault.mode === "half" || (operation === "sync" && fault.mode === "fail")) half();
      throw systemError(fault.code, file);
    }
    return effect();
  }
}

function mark(chunks: Chunk[], state: "synced" | "lost"): void {
  for (const chunk of chunks) if (chunk.state === "dirty") chunk.state = state;
}

function applyName(names: Map<string, Chunk[]>, { from, to, file }: NameOperation): void {
  if (from !== null) names.delete(from);
  if (to !== null) names.set(to, file);
}

function contentOf(chunks: readonly Chunk[]): Buffer {
  return Buffer.concat(chunks.map(({ bytes }) => bytes));
}

function survivingContent(chunks: readonly Chunk[], random: () => number): Buffer {
  const lastSynced = chunks.findLastIndex(({ state }) => state === "synced");
  const survivors: Buffer[] = [];
  for (const [index, { bytes, state }] of chunks.entries()) {
    if (state === "synced") survivors.push(bytes);
    else if (index < lastSynced) survivors.push(Buffer.alloc(bytes.length));
    else {
      const choice = random();
      const cut = Math.floor(random() * bytes.length);
      if (choice < 0.2) break;
      if (choice < 0.4) survivors.push(Buffer.alloc(bytes.length));
      else if (choice < 0.6) survivors.push(bytes.subarray(0, cut), Buffer.alloc(bytes.length - cut));
      else if (choice < 0.8 || state === "lost") {
        survivors.push(bytes.subarray(0, cut));
        break;
      } else survivors.push(bytes);
    }
  }
  return Buffer.concat(survivors);
}

function systemError(code: string, file: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${file}`), { code });
}

/** Numbers in [0, 1) from a seed (mulberry32), so that a failure can be played again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
