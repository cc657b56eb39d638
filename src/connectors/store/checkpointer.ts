import path from "node:path";
import type { ImageBuilder } from "./build-image.ts";
import { type FileLayer, removeIfPresent, writeFileDurably } from "./file-layer.ts";
import { readTrailer } from "./image-format.ts";
import { filesOf, imageName, journalName } from "./store-files.ts";

/** Makes new images of a folder out of the files in it, and removes those that are needed no more. */
export class Checkpointer {
  readonly #folder: string;
  readonly #layer: FileLayer;
  readonly #builder: ImageBuilder;
  readonly #wasm: Uint8Array;
  readonly #abort = new AbortController();
  #imageGeneration: number | null;
  #imageBytes = 0;

  constructor(parts: {
    folder: string;
    layer: FileLayer;
    builder: ImageBuilder;
    wasm: Uint8Array;
    imageGeneration: number | null;
    imageBytes: number;
  }) {
    this.#folder = parts.folder;
    this.#layer = parts.layer;
    this.#builder = parts.builder;
    this.#wasm = parts.wasm;
    this.#imageGeneration = parts.imageGeneration;
    this.#imageBytes = parts.imageBytes;
  }

  /** Size of the newest image, 0 without one. */
  get imageBytes(): number {
    return this.#imageBytes;
  }

  /**
   * Writes the image of a generation: everything in the journals before it.
   * @param lastSequence the last transaction that the image must contain
   * @param depth how thoroughly the new image is looked through
   * @returns the size of the image in bytes
   */
  async run(generation: number, lastSequence: number, depth: "quick" | "full"): Promise<number> {
    const image = await this.#build(generation, lastSequence, depth);
    await writeFileDurably(this.#layer, this.#path(imageName(generation)), image);
    const previous = this.#imageGeneration;
    this.#imageGeneration = generation;
    this.#imageBytes = image.length;
    if (previous !== null) await this.#removeBefore(previous);
    return image.length;
  }

  /** Content of the newest image. @throws when there is none, or it cannot be read */
  readImage(): Promise<Uint8Array> {
    if (this.#imageGeneration === null) throw new Error("There is no image yet.");
    return this.#layer.read(this.#path(imageName(this.#imageGeneration)));
  }

  /** Gives up the work in progress and refuses more. */
  abort(): void {
    this.#abort.abort(new Error("The store is being closed."));
  }

  async #build(generation: number, lastSequence: number, depth: "quick" | "full"): Promise<Uint8Array> {
    const { signal } = this.#abort;
    signal.throwIfAborted();
    const base = this.#imageGeneration;
    const { journals } = filesOf(await this.#layer.list(this.#folder));
    const image = base === null ? null : await this.#layer.read(this.#path(imageName(base)));
    const parts: Uint8Array[] = [];
    for (const journal of journals) {
      if (journal < (base ?? 0) || journal >= generation) continue;
      parts.push(await this.#layer.read(this.#path(journalName(journal))));
    }
    signal.throwIfAborted();
    const source = { wasm: this.#wasm, image, journals: parts, generation, depth };
    const built = await this.#builder.build(source, signal);
    signal.throwIfAborted();
    const sequence = readTrailer(built)?.sequence;
    if (sequence !== lastSequence) {
      throw new Error(`The new image ends at transaction ${sequence} instead of ${lastSequence}.`);
    }
    return built;
  }

  async #removeBefore(generation: number): Promise<void> {
    const { images, journals } = filesOf(await this.#layer.list(this.#folder));
    const names = [
      ...images.filter((g) => g < generation).map(imageName),
      ...journals.filter((g) => g < generation).map(journalName),
    ];
    for (const name of names) await removeIfPresent(this.#layer, this.#path(name));
  }

  #path(name: string): string {
    return path.join(this.#folder, name);
  }
}
