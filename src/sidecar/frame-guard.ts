import { Transform, type TransformCallback } from "node:stream";

/** Bounds of one message on the control link, in bytes. */
export const frameLimits = { header: 4 * 1024, body: 1024 * 1024 } as const;

const headerEnd = "\r\n\r\n";

/**
 * Passes `Content-Length` framed bytes on unchanged and fails the stream as soon as a header or an
 * announced body is larger than the bounds, before the body is held in memory.
 */
export class FrameGuard extends Transform {
  #header = "";
  #bodyLeft = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const fault = this.#check(chunk);
    if (fault === null) done(null, chunk);
    else done(new Error(fault));
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
      this.#header += rest.subarray(0, frameLimits.header + headerEnd.length).toString("latin1");
      const end = this.#header.indexOf(headerEnd);
      if (end < 0) {
        return this.#header.length > frameLimits.header ? "the header of a message is too long" : null;
      }
      const length = /^content-length:[ \t]*(\d{1,12})[ \t]*$/im.exec(this.#header.slice(0, end))?.[1];
      if (length === undefined) return "a message has no length";
      if (Number(length) > frameLimits.body) return `a message is larger than ${frameLimits.body} bytes`;
      rest = rest.subarray(end + headerEnd.length - before);
      this.#header = "";
      this.#bodyLeft = Number(length);
    }
    return null;
  }
}
