import type { WebhookDelivery } from "./http-webhooks.ts";

/** What became of a delivery, in a few words: how far its messages are, and why it is as it is. Empty when there is nothing to say. */
export function deliveryWords({ reason, messages }: Pick<WebhookDelivery, "reason" | "messages">): string {
  return [messages === null ? null : messageWords(messages), reason].filter(Boolean).join(": ");
}

function messageWords({ waiting, delivered, given_up }: NonNullable<WebhookDelivery["messages"]>): string {
  const all = waiting + delivered + given_up;
  if (delivered === all) return "sent";
  if (all === 1) return waiting === 1 ? "waits to be sent" : "not sent";
  const rest = waiting > 0 ? `, ${waiting} ${waiting === 1 ? "waits" : "wait"}` : "";
  return `${delivered} of ${all} messages sent${rest}`;
}
