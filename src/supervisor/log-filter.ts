import type { LogLevel, LogLine, ServiceKind } from "../contracts/services.ts";

const order: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Which log lines somebody wants to see. */
export interface LogFilter {
  /** Null = all. */
  readonly service: ServiceKind | null;
  /** This level and those above it. */
  readonly level: LogLevel;
  /** Lines of this moment and later, Unix milliseconds; null = all. */
  readonly since: number | null;
  /** Whether the text of a line is wanted. */
  matches(text: string): boolean;
}

/** Filter for lines that contain a text, whatever its case; the empty text is in all. */
export function containsText(text: string): (line: string) => boolean {
  const wanted = text.toLowerCase();
  return (line) => line.toLowerCase().includes(wanted);
}

export function isWanted(line: LogLine, { service, level, since, matches }: LogFilter): boolean {
  return (
    (service === null || line.service === service) &&
    order.indexOf(line.level) >= order.indexOf(level) &&
    (since === null || line.unix_ms >= since) &&
    matches(line.line)
  );
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A moment as people give it: `90s`, `10m`, `2h`, `7d` before now, or a date and time (ISO 8601).
 * @returns Unix milliseconds; null when it is neither
 */
export function momentOf(text: string, now: number): number | null {
  const ago = /^(\d{1,6})\s*([smhd])$/.exec(text.trim());
  if (ago !== null) return now - Number(ago[1]) * (units[ago[2] ?? ""] ?? 0);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text.trim())) return null;
  const moment = Date.parse(text.trim());
  return Number.isNaN(moment) ? null : moment;
}
