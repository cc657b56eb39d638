import { closeSync, fstatSync, ftruncateSync, rmSync, statSync, writeSync } from "node:fs";
import {
  type EventCursor,
  type TimelineEvent,
  timelineAgeMs,
  timelineByteLimit,
  timelineWindow,
} from "../../contracts/timeline.ts";
import { fileProblem, PalyraError, systemErrorCode } from "../../platform/errors.ts";
import { openToAppend } from "../../platform/open-to-append.ts";
import type { Redactor } from "../../platform/redactor.ts";
import { ensurePrivateFolder } from "../../platform/secure-folder.ts";
import { boundedEvent, eventLine, headerLine, type NewEvent, type StoredEvent } from "./timeline-record.ts";
import {
  listSegments,
  readSegment,
  type Segment,
  segmentAgeMs,
  segmentByteLimit,
  segmentIn,
} from "./timeline-segments.ts";

/** Events that wait for a disk that takes none. */
const waitingLimit = 500;

export interface TimelineOptions {
  /** Absolute path; made when missing. */
  readonly folder: string;
  readonly redactor: Redactor;
  readonly clock: { now(): number };
  /** Told once when events cannot be written, and with null when they can again. */
  fault(problem: PalyraError | null): void;
}

interface UnfinishedSegment {
  readonly segment: Segment;
  readonly begunAt: number;
  /** A crash cut off its last line. */
  readonly torn: boolean;
}

/**
 * What happened in a state root during the last seven days: JSON lines in a few files, written by the owner
 * only. Each event is in the file when `record` returns; a line that a crash cut off is passed over. The place
 * in the gateway's log stands in the lines themselves, so that an event and its place cannot fall apart.
 */
export class Timeline {
  readonly #options: TimelineOptions;
  #segments: Segment[];
  #window: readonly TimelineEvent[];
  #nextSeq: number;
  #cursor: EventCursor | null;
  /** The same, without what still waits. */
  #writtenCursor: EventCursor | null;
  /** The newest file of the owner before, as long as it is not gone on with. */
  #unfinished: UnfinishedSegment | null;
  #waiting: StoredEvent[] = [];
  #descriptor: number | null = null;
  #size = 0;
  #begunAt = 0;
  #failing = false;

  private constructor(
    options: TimelineOptions,
    found: {
      segments: Segment[];
      events: readonly StoredEvent[];
      nextSeq: number;
      cursor: EventCursor | null;
      unfinished: UnfinishedSegment | null;
    },
  ) {
    this.#options = options;
    this.#segments = found.segments;
    this.#window = found.events.slice(-timelineWindow).map(withoutCursor);
    this.#nextSeq = found.nextSeq;
    this.#cursor = found.cursor;
    this.#writtenCursor = found.cursor;
    this.#unfinished = found.unfinished;
  }

  /**
   * Reads where the timeline ends, and goes on there.
   * @throws `config_invalid` or `storage_failed` when the folder cannot be used
   */
  static async open(options: TimelineOptions): Promise<Timeline> {
    await ensurePrivateFolder(options.folder);
    const segments = await listSegments(options.folder);
    let events: readonly StoredEvent[] = [];
    let nextSeq = 1;
    let cursor: EventCursor | null = null;
    let unfinished: UnfinishedSegment | null = null;
    // From the newest back, until the window is full and a header tells the rest.
    for (const segment of segments.toReversed()) {
      const read = await readSegment(segment);
      unfinished ??= {
        segment,
        begunAt: read.events[0]?.unix_ms ?? 0,
        torn: read.text !== "" && !read.text.endsWith("\n"),
      };
      events = [...read.events, ...events];
      nextSeq = Math.max(nextSeq, segment.firstSeq, (read.events.at(-1)?.seq ?? 0) + 1);
      cursor ??=
        read.events.findLast((event) => event.cursor !== undefined)?.cursor ?? read.header?.cursor ?? null;
      if (events.length >= timelineWindow && read.header !== null) break;
    }
    const timeline = new Timeline(options, { segments, events, nextSeq, cursor, unfinished });
    timeline.#forget();
    return timeline;
  }

  /** The newest events, newest first. */
  get recent(): readonly TimelineEvent[] {
    return this.#window.toReversed();
  }

  /** Up to where the gateway's log was read. */
  get cursor(): EventCursor | null {
    return this.#cursor;
  }

  /** Writes events down, oldest first. Events are never a reason to fail: they wait when the disk takes none. */
  record(events: readonly (NewEvent & { readonly cursor?: EventCursor })[]): void {
    const { redactor, clock } = this.#options;
    const oldest = clock.now() - timelineAgeMs;
    for (const { cursor, ...event } of events) {
      if (cursor !== undefined) this.#cursor = cursor;
      if (event.unix_ms < oldest) continue;
      const stored = { seq: this.#nextSeq, ...boundedEvent(event, redactor) };
      this.#nextSeq += 1;
      this.#waiting.push(cursor === undefined ? stored : { ...stored, cursor });
      this.#window = [...this.#window.slice(1 - timelineWindow), stored];
    }
    this.#waiting.splice(0, this.#waiting.length - waitingLimit);
    this.#writeWaiting();
  }

  /** Notes up to where the gateway's log was read, when what was read is of no interest. */
  moveCursor(cursor: EventCursor): void {
    this.#cursor = cursor;
    if (this.#waiting.length === 0) this.#writtenCursor = cursor;
  }

  /** Writes what still waits and lets go of the file. */
  close(): void {
    this.#writeWaiting();
    this.#closeFile();
  }

  #writeWaiting(): void {
    if (this.#waiting.length === 0) return;
    try {
      while (this.#waiting.length > 0) this.#writeFirst();
      this.#writtenCursor = this.#cursor;
      this.#report(null);
    } catch (thrown) {
      this.#closeFile();
      const isKnown = thrown instanceof PalyraError;
      this.#report(isKnown ? thrown : fileProblem(this.#options.folder, "written", thrown));
    }
  }

  /** Writes as many of those that wait as one file takes. */
  #writeFirst(): void {
    const batch = fittingInto(segmentByteLimit, this.#waiting);
    const [first] = batch;
    if (first === undefined) return;
    const text = batch.map(eventLine).join("");
    this.#makeRoom(first, Buffer.byteLength(text));
    this.#append(text);
    this.#writtenCursor = batch.findLast(({ cursor }) => cursor)?.cursor ?? this.#writtenCursor;
    this.#waiting = this.#waiting.slice(batch.length);
  }

  /** Begins a new file when there is none, or the present one is full or a day old. */
  #makeRoom(first: StoredEvent, bytes: number): void {
    const now = this.#options.clock.now();
    this.#goOn();
    const fits = this.#size + bytes <= segmentByteLimit && now - this.#begunAt < segmentAgeMs;
    if (this.#descriptor !== null && fits) return;
    this.#closeFile();
    const segment = segmentIn(this.#options.folder, first.seq);
    this.#descriptor = openToAppend(segment.file);
    this.#size = fstatSync(this.#descriptor).size;
    this.#begunAt = now;
    if (this.#segments.at(-1)?.firstSeq !== segment.firstSeq) this.#segments.push(segment);
    if (this.#size === 0) this.#append(headerLine({ next_seq: first.seq, cursor: this.#writtenCursor }));
    this.#forget();
  }

  /** Opens the file that the owner before wrote to last. */
  #goOn(): void {
    const unfinished = this.#unfinished;
    this.#unfinished = null;
    if (unfinished === null || this.#descriptor !== null) return;
    this.#descriptor = openToAppend(unfinished.segment.file);
    this.#size = fstatSync(this.#descriptor).size;
    this.#begunAt = unfinished.begunAt;
    if (unfinished.torn) this.#append("\n");
  }

  #append(text: string): void {
    const descriptor = this.#descriptor;
    if (descriptor === null) return;
    const bytes = Buffer.from(text);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
      this.#size += bytes.length;
    } catch (thrown) {
      // Half a line must not be continued by the next one.
      ftruncateSync(descriptor, this.#size);
      throw thrown;
    }
  }

  /** Removes files whose newest event is too old, and the oldest while all of them are too large. */
  #forget(): void {
    const oldest = this.#options.clock.now() - timelineAgeMs;
    const sized = this.#segments.map((segment) => ({ segment, ...sizeOf(segment.file) }));
    let total = sized.reduce((sum, { size }) => sum + size, 0);
    for (const { segment, size, changedAt } of sized.slice(0, -1)) {
      // A full file is still to come.
      if (changedAt >= oldest && total + segmentByteLimit <= timelineByteLimit) break;
      rmSync(segment.file, { force: true });
      total -= size;
      this.#segments = this.#segments.filter((other) => other !== segment);
    }
  }

  #closeFile(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #report(problem: PalyraError | null): void {
    if ((problem !== null) === this.#failing) return;
    this.#failing = problem !== null;
    this.#options.fault(problem);
  }
}

/** The first events that take at most so many bytes, and at least one. */
function fittingInto(limit: number, events: readonly StoredEvent[]): readonly StoredEvent[] {
  let bytes = 0;
  const tooMany = events.findIndex((event, index) => {
    bytes += Buffer.byteLength(eventLine(event));
    return bytes > limit && index > 0;
  });
  return tooMany === -1 ? events : events.slice(0, tooMany);
}

function withoutCursor({ cursor: _, ...event }: StoredEvent): TimelineEvent {
  return event;
}

function sizeOf(file: string): { size: number; changedAt: number } {
  try {
    const { size, mtimeMs } = statSync(file);
    return { size, changedAt: mtimeMs };
  } catch (error) {
    // Somebody removed it.
    if (systemErrorCode(error) === "ENOENT") return { size: 0, changedAt: 0 };
    throw error;
  }
}
