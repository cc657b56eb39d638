import type { Command } from "commander";
import { DeliveryActionResponse } from "../../../contracts/http-webhooks.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { deliveryRecord } from "./deliveries.ts";

/** Adds `palyra webhooks replay` and `discard`. */
export function addReplay(webhooks: Command, shell: Shell): void {
  for (const [step, what] of [
    ["replay", "try a dead or held delivery again"],
    ["discard", "let a dead or held delivery go"],
  ] as const) {
    const command = needsGateway(webhooks.command(step).description(what)).argument(
      "<delivery>",
      "id of the delivery, as “palyra webhooks deliveries” shows it",
    );
    withExamples(command, `palyra webhooks ${step} 01JD0000000000000000000000`);
    command.action(async (delivery: string, given: { start?: boolean }) => {
      const path = route`/webhook-deliveries/${delivery}/${step}`;
      await showFromGateway(shell, given, async (gateway) => {
        const answer = await gateway.post(path, {}, DeliveryActionResponse);
        return {
          data: answer,
          records: [deliveryRecord(`webhooks.${step}`, answer.delivery)],
          lines: () => [visibleText(`${answer.delivery.delivery_id} is ${answer.delivery.state} now.`)],
        };
      });
    });
  }
}
