import type { Command } from "commander";
import { WebhookResponse } from "../../../contracts/http-webhooks.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { webhookRecords } from "./webhook-answer.ts";

/** Adds `palyra webhooks enable` and `disable`. */
export function addEnable(webhooks: Command, shell: Shell): void {
  for (const enabled of [true, false]) {
    const name = enabled ? "enable" : "disable";
    const what = enabled ? "take requests again" : "refuse all requests of a webhook";
    const command = needsGateway(webhooks.command(name).description(what)).argument(
      "<id>",
      "id of the webhook",
    );
    withExamples(command, `palyra webhooks ${name} github_repo_a`);
    command.action(async (id: string, given: { start?: boolean }) => {
      await showFromGateway(shell, given, async (gateway) => {
        const answer = await gateway.post(route`/webhooks/${id}/enabled`, { enabled }, WebhookResponse);
        const { integration } = answer;
        return {
          data: answer,
          records: webhookRecords(`webhooks.${name}`, integration),
          lines: () => [
            visibleText(`${integration.integration_id} is ${integration.status.replaceAll("_", " ")}.`),
          ],
        };
      });
    });
  }
}
