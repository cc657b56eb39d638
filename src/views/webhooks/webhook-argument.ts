import { WebhookName } from "../../contracts/webhook.ts";
import { webhooksItemId } from "./webhook-nodes.ts";

/** The webhook that a command was called for; null when it was called for all of them, on their item of the tree. */
export function webhookOfArgument(argument: unknown): string | null {
  const name = WebhookName.safeParse(argument);
  return name.success && argument !== webhooksItemId ? name.data : null;
}
