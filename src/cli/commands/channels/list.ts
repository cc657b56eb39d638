import type { Command } from "commander";
import { ChannelsResponse } from "../../../contracts/http-channels.ts";
import { withExamples } from "../../examples.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { table } from "../../output/table.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { readinessCell } from "./connector-cells.ts";

/** Adds `palyra channels list`. */
export function addList(channels: Command, shell: Shell): void {
  const list = needsGateway(channels.command("list").description("show all connectors"));
  withExamples(list, "palyra channels list", "palyra --json channels list");
  list.action(async (given: { start?: boolean }) => {
    await showFromGateway(shell, given, async (gateway) =>
      listAnswer(await gateway.get("/channels", ChannelsResponse)),
    );
  });
}

export function listAnswer(answer: ChannelsResponse): Answer {
  const { connectors } = answer;
  return {
    data: answer,
    records: [
      record("channels.count", { connectors: connectors.length }),
      ...connectors.map((one) =>
        record("channels.connector", {
          id: one.connector_id,
          kind: one.kind,
          availability: one.availability,
          enabled: one.enabled,
          readiness: one.readiness,
          liveness: one.liveness,
        }),
      ),
    ],
    lines: (paint, _now, width) => {
      if (connectors.length === 0) {
        return ["There is no connector yet.", "Begin with “palyra channels add discord”."];
      }
      const rows = connectors.map((one) => [
        one.connector_id,
        readinessCell(one),
        one.identity,
        one.queue.inbox_pending,
        one.queue.outbox_pending,
        one.queue.dead_letters,
        one.last_error?.message ?? "",
      ]);
      return table(["connector", "state", "bot", "in", "out", "dead", "problem"], rows, paint, width);
    },
  };
}
