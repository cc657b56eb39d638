import type { IncomingMessage } from "node:http";

/** Why a body was not read to its end. */
export type UnreadBody = "too_large" | "no_room" | "broken_off";

/** A body that is being read. */
interface Reading {
  bytes: number;
  end(body: Buffer | UnreadBody): void;
}

/**
 * Memory for bodies whose senders are not believed yet. Only what came in counts: who announces a body and sends none
 * takes nobody's room. When it is full, the body that has been read for the longest time gives way: a sender in good
 * order is done long before one that sends slowly to keep the others out.
 */
export class BodyRoom {
  readonly #maxHeld: number;
  #held = 0;
  /** The one that began first comes first. */
  readonly #readings = new Set<Reading>();

  /** @param maxHeld bytes of all bodies together */
  constructor(maxHeld: number) {
    this.#maxHeld = maxHeld;
  }

  /**
   * Reads the raw bytes of a body; they keep their room until they are used. How long it may take is the server's to say.
   * @param maxBytes the most that is read
   * @param use what is done with them, or with the reason why there are none
   */
  async hold<T>(
    request: IncomingMessage,
    maxBytes: number,
    use: (body: Buffer | UnreadBody) => Promise<T>,
  ): Promise<T> {
    const reading: Reading = { bytes: 0, end: () => undefined };
    try {
      return await use(await this.#read(request, maxBytes, reading));
    } finally {
      this.#held -= reading.bytes;
    }
  }

  #read(request: IncomingMessage, maxBytes: number, reading: Reading): Promise<Buffer | UnreadBody> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      this.#readings.add(reading);
      reading.end = (body) => {
        if (!this.#readings.delete(reading)) return;
        if (body === "too_large" || body === "no_room") request.pause();
        resolve(body);
      };
      request.on("data", (chunk: Buffer) => {
        if (!this.#readings.has(reading)) return;
        chunks.push(chunk);
        reading.bytes += chunk.length;
        this.#held += chunk.length;
        if (reading.bytes > maxBytes) reading.end("too_large");
        this.#makeRoom();
      });
      request.on("end", () =>
        reading.end(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
      );
      request.on("error", () => reading.end("broken_off"));
      request.on("close", () => reading.end("broken_off"));
    });
  }

  #makeRoom(): void {
    for (const oldest of this.#readings) {
      if (this.#held <= this.#maxHeld) return;
      this.#held -= oldest.bytes;
      oldest.bytes = 0;
      oldest.end("no_room");
    }
  }
}
