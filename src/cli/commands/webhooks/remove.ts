import type { Command } from "commander";
import { WebhookDeletedResponse } from "../../../contracts/http-webhooks.ts";
import { confirmed } from "../../confirm.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";

/** Adds `palyra webhooks remove`. */
export function addRemove(webhooks: Command, shell: Shell): void {
  const remove = needsGateway(
    webhooks.command("remove").description("remove a webhook; its secret stays where it is"),
  )
    .argument("<id>", "id of the webhook")
    .option("--yes", "do not ask");
  withExamples(remove, "palyra webhooks remove github_repo_a --yes");
  remove.action(async (id: string, given: { start?: boolean; yes?: boolean }) => {
    await confirmed(shell.context().terminal, given.yes ?? false, `Remove the webhook “${id}”?`);
    await showFromGateway(shell, given, async (gateway) => {
      const answer = await gateway.post(route`/webhooks/${id}/delete`, {}, WebhookDeletedResponse);
      return {
        data: answer,
        records: [record("webhooks.remove", { ...answer })],
        lines: () => [visibleText(`The webhook ${answer.integration_id} is removed.`)],
      };
    });
  });
}
