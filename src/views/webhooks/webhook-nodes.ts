import type { WebhooksStatus } from "../../contracts/webhook-status.ts";
import { commandIds, itemTraits } from "../contribution-ids.ts";
import type { OverviewNode } from "../overview-node.ts";

/** Id of the item of all webhooks. */
export const webhooksItemId = "webhooks";

/** The webhooks as one item of the overview; none while there is no webhooks.toml. */
export function webhookNodes(
  status: Pick<WebhooksStatus, "total" | "ready" | "quarantined" | "deliveries"> | undefined,
): readonly OverviewNode[] {
  if (status === undefined) return [];
  const { total, ready, quarantined, deliveries } = status;
  const dead = deliveries?.dead ?? 0;
  const description = [
    `${ready} of ${total} ready`,
    quarantined === 0 ? "" : `${quarantined} not in force`,
    dead === 0 ? "" : `${dead} given up`,
  ]
    .filter(Boolean)
    .join(" · ");
  return [
    {
      id: webhooksItemId,
      label: "Webhooks",
      description,
      tooltip: `Webhooks: ${description}`,
      icon: { id: "broadcast" },
      contextValue: itemTraits.webhooks,
      accessibilityLabel: `Webhooks, ${description}`,
      command: { title: "Show Webhooks", command: commandIds.manageWebhooks, arguments: [] },
      children: [],
    },
  ];
}
