import type { Socket } from "node:net";

/** Takes an exact number of bytes at a time from a socket, then hands the socket on untouched. */
export class ByteReader {
  readonly #socket: Socket;
  #buffered: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** @param signal ends the reading; a waiting `take` rejects then */
  constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket;
    socket.on("data", this.#onData);
    socket.once("end", this.#onEnd);
    socket.once("close", this.#onEnd);
    signal.addEventListener("abort", () => this.#fail("The client took too long."), { once: true });
  }

  /** The next bytes. Rejects when they do not come. */
  async take(count: number): Promise<Buffer> {
    while (this.#buffered.length < count) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#buffered.subarray(0, count);
    this.#buffered = this.#buffered.subarray(count);
    return taken;
  }

  /** Stops reading; bytes that were read ahead are given back to the socket, which stays paused. */
  release(): void {
    this.#socket.pause();
    this.#socket.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onEnd);
    if (this.#buffered.length > 0) this.#socket.unshift(this.#buffered);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#buffered = Buffer.concat([this.#buffered, chunk]);
    this.#wake?.();
  };

  readonly #onEnd = (): void => this.#fail("The client left in the middle of its request.");

  #fail(reason: string): void {
    this.#failure ??= new Error(reason);
    this.#wake?.();
  }
}
