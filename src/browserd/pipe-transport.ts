import type { Readable, Writable } from "node:stream";
import type { ConnectionTransport } from "puppeteer-core";

const separator = 0;

/**
 * The DevTools protocol over the browser's file descriptors 3 and 4: messages of UTF-8 JSON, each ended
 * by a NUL. Chromium exits by itself when its end of the pipe closes, so it cannot outlive the daemon.
 * @see `--remote-debugging-pipe` in Chromium's content/browser/devtools/devtools_pipe_handler.cc
 */
export class PipeTransport implements ConnectionTransport {
  onmessage?: (message: string) => void;
  onclose?: () => void;
  readonly #write: Writable;
  readonly #read: Readable;
  #pending: Buffer[] = [];

  constructor(write: Writable, read: Readable) {
    this.#write = write;
    this.#read = read;
    read.on("data", (chunk: Buffer) => this.#receive(chunk));
    read.once("close", () => this.onclose?.());
    // A broken pipe also ends the reading side, and that is what reports the end of the browser.
    write.on("error", () => read.destroy());
    read.on("error", () => read.destroy());
  }

  send(message: string): void {
    if (this.#write.writable) this.#write.write(`${message}\0`);
  }

  close(): void {
    this.#write.destroy();
    this.#read.destroy();
  }

  #receive(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(separator); end >= 0; end = chunk.indexOf(separator, start)) {
      this.#pending.push(chunk.subarray(start, end));
      const message = Buffer.concat(this.#pending).toString("utf8");
      this.#pending = [];
      start = end + 1;
      // Each message in its own task, as puppeteer's own transports do: an answer may start new calls.
      setImmediate(() => this.onmessage?.(message));
    }
    if (start < chunk.length) this.#pending.push(chunk.subarray(start));
  }
}
