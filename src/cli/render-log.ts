import * as z from "zod";
import { serviceDisplayNames } from "../contracts/service-kinds.ts";
import { LogLevel, type LogLine, type ServiceKind } from "../contracts/services.ts";
import { preciseTime } from "./output/local-time.ts";
import type { Paint } from "./terminal.ts";
import { visibleText } from "./visible-text.ts";

const levelColours = { debug: "dim", info: "green", warn: "yellow", error: "red" } as const;

/** A log line for people: time, service, level, text. */
export function renderLogLine(line: LogLine, paint: Paint): string {
  const time = preciseTime(line.unix_ms);
  const source = line.stream === "supervisor" ? "control center: " : "";
  const level = paint(levelColours[line.level], line.level.padEnd(5));
  return `${paint("dim", time)} ${serviceDisplayNames[line.service].padEnd(15)} ${level} ${source}${visibleText(line.line)}`;
}

const FileLine = z.looseObject({ level: LogLevel, unix_ms: z.int(), message: z.string() });

/** Fields of a line in a log file that are the same in every line. */
const constantFields = ["level", "unix_ms", "message", "service", "pid"];

/**
 * Reads the text of a service's log file, one JSON object a line. What is no such line, as the cut first
 * one of a tail, is left out.
 */
export function parseLogFile(service: ServiceKind, text: string): LogLine[] {
  return text.split("\n").flatMap((line) => {
    const parsed = FileLine.safeParse(parseJson(line));
    if (!parsed.success) return [];
    const { level, unix_ms, message } = parsed.data;
    const facts = Object.entries(parsed.data)
      .filter(([name]) => !constantFields.includes(name))
      .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
    return [{ unix_ms, level, service, stream: "stdout" as const, line: [message, ...facts].join(" ") }];
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
