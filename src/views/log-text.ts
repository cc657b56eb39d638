import { serviceDisplayNames } from "../contracts/service-kinds.ts";
import type { LogLine } from "../contracts/services.ts";

/** A line of any service's log as the log search shows it; one with line breaks takes several rows. */
export function logText({ unix_ms: time, service, level, stream, line }: LogLine): string {
  const source = stream === "supervisor" ? "[control center] " : "";
  const name = serviceDisplayNames[service].padEnd(15);
  return `${new Date(time).toISOString()} ${name} [${level}] ${source}${line.replaceAll("\n", "\n    ")}`;
}

/** The row of a document at which one of its log lines begins, both counted from 0. */
export function rowOf(lines: readonly LogLine[], index: number): number {
  return lines.slice(0, index).reduce((rows, line) => rows + logText(line).split(/\r\n|\r|\n/).length, 0);
}
