import type { LogsResponse } from "../../contracts/http-channels.ts";

/** A connector's events and undeliverable messages as a text to read, oldest first. */
export function channelLogText(connectorId: string, { events, dead_letters }: LogsResponse): string {
  const lines = events.toReversed().map(({ last_at_unix_ms, level, event_type, message, count }) => {
    const times = count > 1 ? ` (${count} times)` : "";
    return `${instant(last_at_unix_ms)} ${level.padEnd(5)} ${event_type}: ${oneLine(message)}${times}`;
  });
  const letters = dead_letters
    .toReversed()
    .map(
      ({ created_at_unix_ms, reason, text }) =>
        `${instant(created_at_unix_ms)} ${oneLine(reason)} | ${oneLine(text)}`,
    );
  return [
    `Events of ${connectorId}`,
    "",
    ...(lines.length === 0 ? ["Nothing has happened yet."] : lines),
    ...(letters.length === 0 ? [] : ["", "Undeliverable messages", "", ...letters]),
    "",
  ].join("\n");
}

function instant(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
