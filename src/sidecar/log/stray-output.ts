import { StringDecoder } from "node:string_decoder";
import type { Redactor } from "../../platform/redactor.ts";
import { isInsidePrivateKey, isPartOfPrivateKey } from "../../platform/secret-forms.ts";

/** Longest line that is waited for, in characters; more of it is left out. */
const longestLine = 64 * 1024;
/** A line without its end may stop in the middle of a secret, which nobody could recognise: so much goes too. */
const uncertainEnd = 16 * 1024;

type Chunk = string | Uint8Array;

/**
 * Puts together the lines of what is written in pieces of any size, as libraries do to the standard streams.
 * A secret is whole before the line is redacted, however it was cut; bytes that are no UTF-8 do no harm.
 */
export class StrayOutput {
  readonly #redactor: Pick<Redactor, "redact">;
  readonly #take: (line: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  #line = "";
  #cut = false;
  #insideKey = false;

  /** @param take gets each line without its end, redacted; blank ones are left out */
  constructor(redactor: Pick<Redactor, "redact">, take: (line: string) => void) {
    this.#redactor = redactor;
    this.#take = take;
  }

  write(chunk: Chunk): void {
    const lines = (typeof chunk === "string" ? chunk : this.#decoder.write(Buffer.from(chunk))).split("\n");
    for (const [index, piece] of lines.entries()) {
      if (index > 0) this.#finish();
      this.#add(piece);
    }
  }

  /** Takes what has no end yet for a line. */
  end(): void {
    this.#add(this.#decoder.end());
    this.#finish();
  }

  #add(piece: string): void {
    const room = longestLine - this.#line.length;
    if (piece.length > room) this.#cut = true;
    this.#line += piece.slice(0, room);
  }

  #finish(): void {
    const line = this.#line.replace(/\r$/, "");
    const partOfKey = this.#insideKey && isPartOfPrivateKey(line);
    this.#insideKey = isInsidePrivateKey(line, this.#insideKey);
    const redacted = this.#cut
      ? `${this.#redactor.redact(line).slice(0, -uncertainEnd)} … (cut)`
      : this.#redactor.redact(line);
    this.#line = "";
    this.#cut = false;
    if (redacted.trim() !== "" && !partOfKey) this.#take(redacted);
  }
}

/**
 * Has everything that is written to a standard stream go to `output` instead. What the system itself writes to
 * the file behind the stream, such as a report of a crash in native code, is not touched.
 */
export function divert(stream: NodeJS.WriteStream, output: StrayOutput): void {
  const write = (
    chunk: Chunk,
    encodingOrDone?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ): boolean => {
    output.write(chunk);
    const told = typeof encodingOrDone === "function" ? encodingOrDone : done;
    if (told !== undefined) process.nextTick(told);
    return true;
  };
  stream.write = write;
}
