import type { Gauge as GaugeType } from "prom-client";
import type { GatewayStatus } from "../contracts/sidecar-status.ts";
import type { WebhooksStatus } from "../contracts/webhook-status.ts";

/** The status as Prometheus metrics. The library is loaded with the first request for them. */
export async function renderMetrics(status: GatewayStatus): Promise<{ contentType: string; text: string }> {
  const { Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `palyra_${name}`, help, labelNames, registers: [registry] });

  gauge("healthy", "1 when the gateway's health is ok").set(status.health === "ok" ? 1 : 0);
  // What is not known is left out: a zero would say that nothing happened.
  if (status.totals !== null) {
    gauge("messages_received_total", "Inbound messages stored").set(status.totals.received);
    gauge("messages_answered_total", "Inbound messages answered").set(status.totals.answered);
  }
  gauge("resident_memory_bytes", "Resident memory of the process").set(process.memoryUsage.rss());
  const ready = gauge("connector_ready", "1 when the connector is ready", ["connector"]);
  const queue = gauge("connector_queue_rows", "Rows in a queue of the connector", ["connector", "queue"]);
  for (const connector of status.connectors) {
    const labels = { connector: connector.connector_id };
    ready.set(labels, connector.readiness === "ready" ? 1 : 0);
    queue.set({ ...labels, queue: "inbox" }, connector.queue.inbox_pending);
    queue.set({ ...labels, queue: "outbox" }, connector.queue.outbox_pending);
    queue.set({ ...labels, queue: "dead" }, connector.queue.dead_letters);
  }
  if (status.webhooks !== undefined) addWebhooks(status.webhooks, gauge);
  return { contentType: registry.contentType, text: await registry.metrics() };
}

function addWebhooks(
  { total, enabled, ready, quarantined, deliveries, requests }: WebhooksStatus,
  gauge: (name: string, help: string, labelNames?: string[]) => GaugeType,
): void {
  const integrations = gauge("webhook_integrations", "Webhook integrations", ["kind"]);
  for (const [kind, count] of Object.entries({ total, enabled, ready, quarantined }))
    integrations.set({ kind }, count);
  gauge("webhook_requests_accepted_total", "Webhook requests accepted").set(requests.accepted);
  gauge("webhook_requests_repeated_total", "Webhook requests received before").set(requests.repeated);
  const refused = gauge("webhook_requests_refused_total", "Webhook requests refused", ["reason"]);
  for (const [reason, count] of Object.entries(requests.refusals)) refused.set({ reason }, count);
  const stored = gauge("webhook_deliveries", "Stored webhook deliveries", ["state"]);
  for (const [state, count] of Object.entries(deliveries ?? {})) stored.set({ state }, count);
}
