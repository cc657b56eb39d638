import { Transform, type TransformCallback } from "node:stream";

/** Longest header of one message, in bytes. */
export const frameHeaderLimit = 4 * 1024;

const headerEnd = "\r\n\r\n";

/**
 * Passes `Content-Length` framed bytes on unchanged and fails the stream as soon as a header or an
 * announced body is larger than the bounds, before the body is held in memory. While `full` says so it
 * takes nothing more, so that the sender waits; `resumeWhenRoom` looks again.
 */
export class FrameGuard extends Transform {
  readonly #maxBody: number;
  readonly #full: () => boolean;
  #held: TransformCallback | null = null;
  #frames = 0;
  #header = "";
  #bodyLeft = 0;

  /** @param maxBody largest body of one message, in bytes */
  constructor(maxBody: number, full: () => boolean = () => false) {
    super();
    this.#maxBody = maxBody;
    this.#full = full;
  }

  /** Messages whose header has passed. */
  get frames(): number {
    return this.#frames;
  }

  /** Goes on when there is room again. */
  resumeWhenRoom(): void {
    const held = this.#held;
    if (held === null || this.#full()) return;
    this.#held = null;
    held();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const fault = this.#check(chunk);
    if (fault !== null) {
      done(new Error(fault));
      return;
    }
    this.push(chunk);
    if (this.#full()) this.#held = done;
    else done();
  }

  #check(chunk: Buffer): string | null {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#bodyLeft > 0) {
        const taken = Math.min(this.#bodyLeft, rest.length);
        this.#bodyLeft -= taken;
        rest = rest.subarray(taken);
        continue;
      }
      const before = this.#header.length;
      this.#header += rest.subarray(0, frameHeaderLimit + headerEnd.length).toString("latin1");
      const end = this.#header.indexOf(headerEnd);
      if (end < 0) {
        return this.#header.length > frameHeaderLimit ? "the header of a message is too long" : null;
      }
      const length = /^content-length:[ \t]*(\d{1,12})[ \t]*$/im.exec(this.#header.slice(0, end))?.[1];
      if (length === undefined) return "a message has no length";
      if (Number(length) > this.#maxBody) return `a message is larger than ${this.#maxBody} bytes`;
      rest = rest.subarray(end + headerEnd.length - before);
      this.#header = "";
      this.#frames += 1;
      this.#bodyLeft = Number(length);
    }
    return null;
  }
}
