import type { Command } from "commander";
import { errorCatalogue } from "../../../contracts/error-catalogue.ts";
import { HealthRefreshResponse } from "../../../contracts/http-channels.ts";
import { requiredConnector, type SelectorFlags, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { facts } from "../../output/table.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { statusRecords } from "./status-answer.ts";

type Flags = SelectorFlags & { start?: boolean; verifyChannelId?: string };

/** Adds `palyra channels health-refresh`. */
export function addHealthRefresh(channels: Command, shell: Shell): void {
  const refresh = needsGateway(
    withSelector(
      channels.command("health-refresh").description("ask the provider who the bot is and what it may do"),
    ),
  ).option("--verify-channel-id <id>", "also look at the permissions in this channel");
  withExamples(refresh, "palyra channels health-refresh discord --verify-channel-id 1100000000000000001");
  refresh.action(async (named: string | undefined, given: Flags) => {
    const id = requiredConnector(named, given);
    const body = given.verifyChannelId === undefined ? {} : { verify_channel_id: given.verifyChannelId };
    const path = route`/channels/${id}/operations/health-refresh`;
    await showFromGateway(
      shell,
      given,
      async (gateway) => refreshAnswer(await gateway.post(path, body, HealthRefreshResponse)),
      "Asking the provider",
    );
  });
}

function refreshAnswer(answer: HealthRefreshResponse): Answer {
  const { health_refresh: health, connector } = answer;
  const { supported, refreshed, message, missing_permissions: missing } = health;
  return {
    data: answer,
    records: [
      record("channels.health_refresh", { id: connector.connector_id, supported, refreshed, message }),
      ...(missing === null
        ? []
        : [record("channels.health_refresh.permissions", { id: connector.connector_id, missing })]),
      ...health.warnings.map((text) =>
        record("channels.health_refresh.warning", { id: connector.connector_id, text }),
      ),
      ...statusRecords(answer),
    ],
    lines: (paint) => {
      if (!refreshed) return [visibleText(message ?? `${connector.connector_id} was not refreshed.`)];
      return [
        paint("bold", connector.connector_id),
        ...facts(
          [
            ["bot", health.identity],
            ["bot id", health.account_id],
            ...(missing === null
              ? []
              : [
                  [
                    "permissions",
                    missing.length === 0
                      ? { text: "all there", style: "green" as const }
                      : { text: `missing: ${missing.join(", ")}`, style: "red" as const },
                  ] as const,
                ]),
            ...health.warnings.map((text) => ["warning", { text, style: "yellow" as const }] as const),
          ],
          paint,
        ),
      ];
    },
    ...(refreshed ? {} : { exitCode: errorCatalogue.service_unavailable.exitCode }),
  };
}
