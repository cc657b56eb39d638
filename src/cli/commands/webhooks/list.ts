import { type Command, Option } from "commander";
import { WebhooksResponse } from "../../../contracts/http-webhooks.ts";
import { withExamples } from "../../examples.ts";
import { query } from "../../gateway-client.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { table } from "../../output/table.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { readinessCell } from "./webhook-answer.ts";

/** Adds `palyra webhooks list`. */
export function addList(webhooks: Command, shell: Shell): void {
  const list = needsGateway(webhooks.command("list").description("show all webhook integrations"))
    .option("--provider <name>", "only those of this provider")
    .addOption(new Option("--enabled <yes>", "only those that are on, or off").choices(["true", "false"]));
  withExamples(list, "palyra webhooks list", "palyra webhooks list --provider github --enabled true");
  list.action(async (given: { start?: boolean; provider?: string; enabled?: string }) => {
    const path = `/webhooks${query({ provider: given.provider, enabled: given.enabled })}`;
    const isFiltered = given.provider !== undefined || given.enabled !== undefined;
    await showFromGateway(shell, given, async (gateway) =>
      listAnswer(await gateway.get(path, WebhooksResponse), isFiltered),
    );
  });
}

/** @param isFiltered there may be others */
export function listAnswer(answer: WebhooksResponse, isFiltered: boolean): Answer {
  const { integrations, quarantined, warnings } = answer;
  return {
    data: answer,
    records: [
      record("webhooks.list", { count: integrations.length, quarantined: quarantined.length }),
      ...integrations.map((one) =>
        record("webhook.integration", {
          id: one.integration_id,
          provider: one.provider,
          status: one.status,
          enabled: one.enabled,
          secret_present: one.secret_present,
          signature_required: one.signature_required,
        }),
      ),
      ...quarantined.map(({ integration_id, line, field, message }) =>
        record("webhook.quarantined", { id: integration_id, line, field, message }),
      ),
      ...warnings.map(({ code, integration_id, message }) =>
        record("webhook.warning", { id: integration_id, code, message }),
      ),
    ],
    lines: (paint, _now, width) => [
      ...(integrations.length === 0
        ? nothingListed(isFiltered, quarantined.length > 0)
        : table(
            ["webhook", "state", "provider", "signature", "path", "goes to"],
            integrations.map((one) => [
              one.integration_id,
              readinessCell(one),
              one.provider,
              one.signature_required ? one.signature : { text: "not required", style: "red" },
              one.path,
              one.target?.connector_id ?? null,
            ]),
            paint,
            width,
          )),
      ...quarantined.map(({ integration_id, line, field, message }) => {
        const where = line === null ? "" : ` in line ${line}`;
        const what = [field, message].filter((part) => part !== "").join(" ");
        return `${paint("red", "not in force")} ${visibleText(`${integration_id ?? "an entry"}${where}: ${what}`)}`;
      }),
      ...warnings.map(({ message, next_step }) => {
        return `${paint("yellow", "warning")} ${visibleText(`${message} ${next_step}`)}`;
      }),
    ],
  };
}

function nothingListed(isFiltered: boolean, hasBroken: boolean): string[] {
  if (isFiltered) return ["No webhook is like that. “palyra webhooks list” shows all."];
  if (hasBroken) return ["No webhook is in force."];
  return [
    "There is no webhook yet.",
    "Make one with “palyra webhooks add ID PROVIDER --secret-ref global/ID”.",
  ];
}
