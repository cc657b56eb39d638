import type { LogLine } from "../contracts/services.ts";

/** A line of a service's log as its output channel shows it: the time it was written at, once, in the local zone. */
export function channelLine({ unix_ms, level, stream, line }: LogLine): string {
  const source = stream === "supervisor" ? "[control center] " : "";
  return `${localTime(unix_ms)} [${level}] ${source}${line}`;
}

/** `2026-11-22 06:01:15.250`, as VS Code stamps its own logs. */
function localTime(unixMs: number): string {
  const time = new Date(unixMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${day} ${clock}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}
