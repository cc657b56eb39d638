import { Worker } from "node:worker_threads";
import type { ImageBuilder, ImageSource } from "./build-image.ts";

/** Builds images in a thread of their own, which lives only as long as it builds. */
export class WorkerImageBuilder implements ImageBuilder {
  readonly #entry: URL;

  /** @param entry `store-worker.ts`, or the bundle made of it */
  constructor(entry: URL) {
    this.#entry = entry;
  }

  build(source: ImageSource, signal: AbortSignal): Promise<Uint8Array> {
    const transferList = [source.image, ...source.journals].flatMap((bytes) =>
      bytes !== null && ownsItsBuffer(bytes) ? [bytes.buffer] : [],
    );
    return new Promise<Uint8Array>((resolve, reject) => {
      signal.throwIfAborted();
      const worker = new Worker(this.#entry, { workerData: source, transferList, name: "store-image" });
      const abort = (): void => {
        reject(signal.reason);
        void worker.terminate();
      };
      signal.addEventListener("abort", abort, { once: true });
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", (code) => {
        signal.removeEventListener("abort", abort);
        reject(new Error(`The image worker ended with code ${code} before it was done.`));
      });
    });
  }
}

/** Small reads share a pool of Node.js, which must not be given away. */
function ownsItsBuffer(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
}
