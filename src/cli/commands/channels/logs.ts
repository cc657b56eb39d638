import { type Command, Option } from "commander";
import { ChannelsResponse, LogsResponse } from "../../../contracts/http-channels.ts";
import { type SelectorFlags, selectedConnector, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { type GatewayClient, query, route } from "../../gateway-client.ts";
import { wholeNumber } from "../../option-values.ts";
import type { Answer } from "../../output/answer.ts";
import { localTime } from "../../output/local-time.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { deadLetterRecords, deadLetterTable } from "./dead-letter-table.ts";

const levelColours = { info: "green", warn: "yellow", error: "red" } as const;

/** Adds `palyra channels logs`: events and dead letters of one connector or all. */
export function addLogs(channels: Command, shell: Shell): void {
  const logs = needsGateway(
    withSelector(channels.command("logs").description("show events and dead letters, newest first")),
  ).addOption(new Option("--limit <count>", "how many of each").argParser(wholeNumber(1, 500)).default(100));
  withExamples(logs, "palyra channels logs discord --limit 20", "palyra channels logs");
  logs.action(
    async (named: string | undefined, given: SelectorFlags & { start?: boolean; limit: number }) => {
      const id = selectedConnector(named, given);
      await showFromGateway(shell, given, async (gateway) =>
        id === null
          ? logsAnswer(await allLogs(gateway, given.limit), "all")
          : logsAnswer(await logsOf(gateway, id, given.limit), null),
      );
    },
  );
}

function logsOf(gateway: GatewayClient, id: string, limit: number): Promise<LogsResponse> {
  return gateway.get(`${route`/channels/${id}/logs`}${query({ limit })}`, LogsResponse);
}

async function allLogs(gateway: GatewayClient, limit: number): Promise<LogsResponse> {
  const { connectors } = await gateway.get("/channels", ChannelsResponse);
  const each = await Promise.all(connectors.map((one) => logsOf(gateway, one.connector_id, limit)));
  return {
    events: each.flatMap(({ events }) => events).sort((a, b) => b.last_at_unix_ms - a.last_at_unix_ms),
    dead_letters: each
      .flatMap(({ dead_letters }) => dead_letters)
      .sort((a, b) => b.created_at_unix_ms - a.created_at_unix_ms),
  };
}

function logsAnswer(logs: LogsResponse, scope: "all" | null): Answer {
  const { events, dead_letters: letters } = logs;
  return {
    data: logs,
    records: [
      record("channels.logs", {
        scope: scope ?? undefined,
        events: events.length,
        dead_letters: letters.length,
      }),
      ...events.map((event) =>
        record("channels.log", {
          id: event.connector_id,
          event_id: event.event_id,
          type: event.event_type,
          level: event.level,
          count: event.count,
          at_unix_ms: event.last_at_unix_ms,
          message: event.message,
        }),
      ),
      ...deadLetterRecords(letters),
    ],
    lines: (paint, _now, width) => {
      if (events.length === 0 && letters.length === 0) return ["Nothing happened here yet."];
      const lines = events.map((event) => {
        const time = localTime(event.last_at_unix_ms);
        const level = paint(levelColours[event.level], event.level.padEnd(5));
        const times = event.count > 1 ? paint("dim", ` (${event.count} times)`) : "";
        return `${paint("dim", time)} ${level} ${visibleText(event.connector_id)} ${visibleText(event.message)}${times}`;
      });
      if (letters.length === 0) return lines;
      return [...lines, "", paint("bold", "Dead letters"), ...deadLetterTable(letters, paint, width)];
    },
  };
}
