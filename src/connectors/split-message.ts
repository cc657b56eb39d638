/** An open code fence: the line that opened it and the marker that closes it. */
interface Fence {
  readonly opening: string;
  readonly marker: string;
}

/**
 * Splits a text into messages of at most `limit` characters (UTF-16 units, so never more characters than
 * the provider counts). It breaks at line ends first, then at spaces, and only cuts a word that is longer
 * than a whole message. A code fence that is open at a break is closed, and opened again on its own line.
 * @returns the messages in order; none for a blank text
 */
export function splitMessage(text: string, limit = 2_000): string[] {
  const normal = text.replace(/\r\n?/g, "\n");
  if (normal.trim() === "") return [];
  if (normal.length <= limit) return [normal];
  const builder = new MessageBuilder(limit);
  for (const line of normal.split("\n")) builder.add(line);
  return builder.finish();
}

/** Whether the first line of a text opens a code fence. */
export function beginsWithFence(text: string): boolean {
  return openedBy(text.split(/\r\n?|\n/, 1)[0] ?? "") !== null;
}

class MessageBuilder {
  readonly #limit: number;
  readonly #messages: string[] = [];
  #lines: string[] = [];
  #length = 0;
  #fence: Fence | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(line: string): void {
    if (this.#fence === null) {
      this.#addOutsideFence(line);
    } else if (closes(line, this.#fence)) {
      // Room for the bare marker is always reserved; a longer closing line may not fit.
      this.#append(line.length <= this.#room(false) ? line : this.#fence.marker);
      this.#fence = null;
    } else {
      this.#addText(line);
    }
  }

  finish(): string[] {
    this.#flush();
    return this.#messages;
  }

  #addOutsideFence(line: string): void {
    const fence = openedBy(line);
    if (fence === null || fence.opening.length + fence.marker.length > this.#limit / 2) {
      this.#addText(line);
      return;
    }
    if (line.length + fence.marker.length + 1 > this.#room(false)) this.#flush();
    this.#fence = fence;
    this.#append(line);
  }

  #addText(line: string): void {
    if (line.length > this.#room(true)) this.#flush();
    let rest = line;
    while (rest.length > this.#room(true)) {
      const piece = this.#fence === null ? cutAtSpace(rest, this.#room(true)) : cut(rest, this.#room(true));
      this.#append(piece.head);
      this.#flush();
      rest = piece.tail;
    }
    this.#append(rest);
  }

  /** Characters a further line may have. */
  #room(keepFenceClosable: boolean): number {
    const lineBreak = this.#lines.length === 0 ? 0 : 1;
    const closing = keepFenceClosable && this.#fence !== null ? this.#fence.marker.length + 1 : 0;
    return this.#limit - this.#length - lineBreak - closing;
  }

  #append(line: string): void {
    this.#length += line.length + (this.#lines.length === 0 ? 0 : 1);
    this.#lines.push(line);
  }

  /** Ends the message; an open fence goes on in the next one. */
  #flush(): void {
    const fence = this.#fence;
    if (fence !== null) {
      // A fence that was opened by the last line is opened in the next message only.
      if (this.#lines.at(-1) === fence.opening && this.#opensAtEnd(fence)) this.#lines.pop();
      else this.#lines.push(fence.marker);
    }
    const message = this.#lines.join("\n");
    if (message.trim() !== "") this.#messages.push(message);
    this.#lines = [];
    this.#length = 0;
    if (fence !== null) this.#append(fence.opening);
  }

  /** Whether the fence's opening is the last line; a code line may look the same. */
  #opensAtEnd(fence: Fence): boolean {
    let open: Fence | null = null;
    let openedAt = -1;
    for (const [index, line] of this.#lines.entries()) {
      if (open === null) {
        open = openedBy(line);
        openedAt = index;
      } else if (closes(line, open)) open = null;
    }
    return open?.marker === fence.marker && openedAt === this.#lines.length - 1;
  }
}

/** A fence line: up to three spaces, at least three of one marker, then an info text (CommonMark 4.5). */
function openedBy(line: string): Fence | null {
  const match = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
  const marker = match?.[1];
  if (marker === undefined || (marker.startsWith("`") && match?.[2]?.includes("`"))) return null;
  return { opening: line, marker };
}

function closes(line: string, fence: Fence): boolean {
  const marker = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1];
  return marker !== undefined && marker[0] === fence.marker[0] && marker.length >= fence.marker.length;
}

interface Cut {
  readonly head: string;
  readonly tail: string;
}

/** Cuts at the last space that leaves at most `room` characters before it; the space itself is dropped. */
function cutAtSpace(text: string, room: number): Cut {
  const space = Math.max(...spaces.map((one) => text.lastIndexOf(one, room)));
  if (space <= 0 || text.slice(0, space).trim() === "") return cut(text, room);
  return { head: text.slice(0, space), tail: text.slice(space + 1) };
}

/** Where a line may be broken: also at the wide space between ideographs. */
const spaces = [" ", "\t", "\u3000"];
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Longest character in the eyes of a reader that is kept whole, e.g. a family of emoji: in UTF-16 units. */
const longestCharacter = 64;

/** Cuts after at most `room` units, but never inside what a reader takes for one character. */
function cut(text: string, room: number): Cut {
  const from = Math.max(0, room - longestCharacter);
  const { index = 0 } =
    segmenter.segment(text.slice(from, room + longestCharacter)).containing(room - from) ?? {};
  const at = index > 0 ? from + index : pairStart(text, room);
  return { head: text.slice(0, at), tail: text.slice(at) };
}

/** `at`, or the unit before when that would part a surrogate pair. */
function pairStart(text: string, at: number): number {
  const parts = /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(at));
  return parts && at > 1 ? at - 1 : at;
}
