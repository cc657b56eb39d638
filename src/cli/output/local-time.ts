/**
 * A moment as the clock on the wall shows it, such as `2026-01-31 12:00:00`; `--since` takes it in the same way.
 * @param unixMs Unix milliseconds
 * @param timeZone by default that of the machine
 */
export function localTime(unixMs: number, timeZone?: string): string {
  // Sweden writes dates as ISO 8601 does.
  return new Date(unixMs).toLocaleString("sv-SE", timeZone === undefined ? {} : { timeZone });
}

/** The same with milliseconds. */
export function preciseTime(unixMs: number, timeZone?: string): string {
  const thousandths = ((unixMs % 1_000) + 1_000) % 1_000;
  return `${localTime(unixMs, timeZone)}.${String(thousandths).padStart(3, "0")}`;
}
