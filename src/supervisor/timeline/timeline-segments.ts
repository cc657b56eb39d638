import { readdir } from "node:fs/promises";
import path from "node:path";
import { timelineAgeMs, timelineByteLimit } from "../../contracts/timeline.ts";
import { fileProblem, systemErrorCode } from "../../platform/errors.ts";
import { readRegularFile } from "../../platform/read-regular-file.ts";
import { parseSegment, type ReadSegment } from "./timeline-record.ts";

/** Size at which a new file is begun, in bytes. */
export const segmentByteLimit = timelineByteLimit / 8;
/** Time after which a new file is begun, in milliseconds, so that old ones can go day by day. */
export const segmentAgeMs = timelineAgeMs / 7;

/** One file of the timeline; its name has the number of its first event. */
export interface Segment {
  readonly file: string;
  readonly firstSeq: number;
}

export function segmentIn(folder: string, firstSeq: number): Segment {
  return { file: path.join(folder, `events-${String(firstSeq).padStart(12, "0")}.jsonl`), firstSeq };
}

/** The files of a timeline, oldest first; none when the folder is not there. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw fileProblem(folder, "read", error);
  });
  return names
    .flatMap((name) => {
      const number = /^events-(\d{12,15})\.jsonl$/.exec(name)?.[1];
      return number === undefined ? [] : [{ file: path.join(folder, name), firstSeq: Number(number) }];
    })
    .sort((a, b) => a.firstSeq - b.firstSeq);
}

/** Content of a file. One that is gone or is no file has none. */
export async function readSegment(segment: Segment): Promise<ReadSegment & { readonly text: string }> {
  const reading = await readRegularFile(segment.file);
  const text = reading.kind === "read" ? reading.text : "";
  return { ...parseSegment(text), text };
}
