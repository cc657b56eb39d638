import type { Command } from "commander";
import { WebhookResponse } from "../../../contracts/http-webhooks.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { webhookLines, webhookRecords } from "./webhook-answer.ts";

/** Adds `palyra webhooks show`. */
export function addShow(webhooks: Command, shell: Shell): void {
  const show = needsGateway(webhooks.command("show").description("show all about a webhook")).argument(
    "<id>",
    "id of the webhook",
  );
  withExamples(show, "palyra webhooks show github_repo_a");
  show.action(async (id: string, given: { start?: boolean }) => {
    await showFromGateway(shell, given, async (gateway) => {
      const answer = await gateway.get(route`/webhooks/${id}`, WebhookResponse);
      return {
        data: answer,
        records: webhookRecords("webhooks.show", answer.integration),
        lines: (paint) => webhookLines(answer.integration, paint),
      };
    });
  });
}
