import { type Command, Option } from "commander";
import { deliveryWords } from "../../../contracts/delivery-words.ts";
import { DeliveriesResponse, type WebhookDelivery } from "../../../contracts/http-webhooks.ts";
import { WebhookDeliveryState } from "../../../contracts/webhook.ts";
import { withExamples } from "../../examples.ts";
import { query } from "../../gateway-client.ts";
import { wholeNumber } from "../../option-values.ts";
import type { Answer } from "../../output/answer.ts";
import { localTime } from "../../output/local-time.ts";
import { type PlainRecord, record } from "../../output/record.ts";
import { type Cell, table } from "../../output/table.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";

interface Flags {
  readonly start?: boolean;
  readonly state?: string;
  readonly limit: number;
  readonly before?: string;
}

const colours = {
  received: "cyan",
  failed: "yellow",
  held: "yellow",
  done: "green",
  dead: "red",
  discarded: "dim",
} as const;

/** Adds `palyra webhooks deliveries`. */
export function addDeliveries(webhooks: Command, shell: Shell): void {
  const deliveries = needsGateway(
    webhooks.command("deliveries").description("show what came in and what became of it, newest first"),
  )
    .argument("[id]", "only those of this webhook")
    .addOption(
      new Option("--state <state>", "only those in this state").choices(WebhookDeliveryState.options),
    )
    .addOption(new Option("--limit <count>", "how many").argParser(wholeNumber(1, 500)).default(50))
    .option("--before <id>", "only those older than this delivery");
  withExamples(deliveries, "palyra webhooks deliveries github_repo_a --state dead");
  deliveries.action(async (id: string | undefined, { start, ...filter }: Flags) => {
    const path = `/webhook-deliveries${query({ integration_id: id, ...filter })}`;
    const isFiltered = id !== undefined || filter.state !== undefined || filter.before !== undefined;
    await showFromGateway(shell, start === undefined ? {} : { start }, async (gateway) =>
      deliveriesAnswer(await gateway.get(path, DeliveriesResponse), isFiltered),
    );
  });
}

export function deliveryRecord(name: string, one: WebhookDelivery): PlainRecord {
  return record(name, {
    id: one.delivery_id,
    integration_id: one.integration_id,
    event: one.event ?? "unknown",
    state: one.state,
    attempts: one.attempts,
    received_at_unix_ms: one.received_at_unix_ms,
    reason: one.reason,
    messages_waiting: one.messages?.waiting,
    messages_delivered: one.messages?.delivered,
    messages_given_up: one.messages?.given_up,
  });
}

/** @param isFiltered there may be others */
export function deliveriesAnswer(answer: DeliveriesResponse, isFiltered: boolean): Answer {
  const { deliveries, next_before } = answer;
  return {
    data: answer,
    records: [
      record("webhooks.deliveries", { count: deliveries.length, next_before }),
      ...deliveries.map((one) => deliveryRecord("webhooks.delivery", one)),
    ],
    lines: (paint, _now, width) => {
      if (deliveries.length === 0) return [isFiltered ? "No delivery is like that." : "Nothing came in."];
      const rows = deliveries.map((one): Cell[] => [
        localTime(one.received_at_unix_ms),
        one.delivery_id,
        one.integration_id,
        one.event,
        { text: one.state, style: colours[one.state] },
        one.attempts,
        deliveryWords(one),
      ]);
      return [
        ...table(
          ["received", "delivery", "webhook", "event", "state", "tries", "what became of it"],
          rows,
          paint,
          width,
        ),
        ...(next_before === null ? [] : [paint("dim", visibleText(`Older ones: --before ${next_before}`))]),
      ];
    },
  };
}
