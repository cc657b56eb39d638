import type { DueIntegrations } from "../../connectors/store/parts/webhook-delivery-store.ts";
import type { WebhookRegistryContent } from "./parse-registry.ts";

/** Whose deliveries may have their effect now. */
export interface DeliveryLanes {
  /** Integrations whose deliveries are turns of the agent: few at a time, and they may take minutes. */
  readonly turns: readonly string[];
  /** Everybody else, those whose integration was removed included: nothing slow keeps them waiting. */
  readonly others: DueIntegrations;
}

/**
 * Divides the deliveries by what their effect takes. In neither lane is an integration whose entry is broken: what came
 * for it before waits until the entry is mended, or gone.
 * @param isBroken nothing can be read of the file as it is now; the content is that of before
 */
export function deliveryLanes(content: WebhookRegistryContent, isBroken: boolean): DeliveryLanes {
  const all = [...content.integrations.values()];
  const turns = all.filter(({ target }) => target?.mode === "agent").map((one) => one.integration_id);
  const broken = content.quarantined.flatMap(({ integrationId }) => integrationId ?? []);
  if (isBroken || broken.length < content.quarantined.length) {
    // Any id that is not known may be that of a broken entry.
    const ids = all.map((one) => one.integration_id).filter((id) => !turns.includes(id));
    return { turns, others: { kind: "only", ids } };
  }
  const waiting = broken.filter((id) => !content.integrations.has(id));
  return { turns, others: { kind: "except", ids: [...turns, ...waiting] } };
}
