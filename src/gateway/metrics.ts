import type { Counter as CounterType, Gauge as GaugeType } from "prom-client";
import type { GatewayStatus } from "../contracts/sidecar-status.ts";
import type { WebhooksStatus } from "../contracts/webhook-status.ts";

/** The status as Prometheus metrics. The library is loaded with the first request for them. */
export async function renderMetrics(status: GatewayStatus): Promise<{ contentType: string; text: string }> {
  const { Counter, Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `palyra_${name}`, help, labelNames, registers: [registry] });
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `palyra_${name}_total`, help, labelNames, registers: [registry] });

  gauge("healthy", "1 when the gateway's health is ok").set(status.health === "ok" ? 1 : 0);
  // What is not known is left out: a zero would say that nothing happened.
  if (status.totals !== null) {
    counter("messages_received", "Inbound messages stored").inc(status.totals.received);
    counter("messages_answered", "Inbound messages answered").inc(status.totals.answered);
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
  if (status.webhooks !== undefined) addWebhooks(status.webhooks, gauge, counter);
  return { contentType: registry.contentType, text: await registry.metrics() };
}

function addWebhooks(
  { total, enabled, ready, quarantined, deliveries, requests }: WebhooksStatus,
  gauge: (name: string, help: string, labelNames?: string[]) => GaugeType,
  counter: (name: string, help: string, labelNames?: string[]) => CounterType,
): void {
  const integrations = gauge("webhook_integrations", "Webhook integrations", ["kind"]);
  for (const [kind, count] of Object.entries({ total, enabled, ready, quarantined }))
    integrations.set({ kind }, count);
  counter("webhook_requests_accepted", "Webhook requests accepted").inc(requests.accepted);
  counter("webhook_requests_repeated", "Webhook requests received before").inc(requests.repeated);
  const refused = counter("webhook_requests_refused", "Webhook requests refused", ["reason"]);
  for (const [reason, count] of Object.entries(requests.refusals)) refused.inc({ reason }, count);
  const stored = gauge("webhook_deliveries", "Stored webhook deliveries", ["state"]);
  for (const [state, count] of Object.entries(deliveries ?? {})) stored.set({ state }, count);
}
