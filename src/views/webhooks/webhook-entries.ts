import type { Webhook, WebhooksResponse } from "../../contracts/http-webhooks.ts";
import type { WebhookReadiness } from "../../contracts/webhook.ts";
import type { Entry } from "../wizard/quick-input.ts";

const readinessWords: Readonly<Record<WebhookReadiness, string>> = {
  ready: "ready",
  disabled: "off",
  invalid_secret_ref: "the name of its secret is wrong",
  secret_not_found: "its secret is not stored",
  secret_unavailable: "its secret cannot be reached",
  secret_unusable: "its secret cannot be used",
};

/** Webhooks with how they are, and what of the file is not in force. */
export function webhookEntries(
  { integrations, quarantined }: WebhooksResponse,
  fits: (webhook: Webhook) => boolean,
): readonly Entry<Webhook>[] {
  return [
    ...integrations.filter(fits).map((webhook) => ({
      label: `$(${iconOf(webhook)}) ${webhook.display_name}`,
      description: `${webhook.provider} · ${readinessWords[webhook.status]}`,
      ...(webhook.warnings[0] === undefined ? {} : { detail: webhook.warnings[0].message }),
      value: webhook,
    })),
    ...quarantined.map(({ integration_id, line, field, message }) => ({
      label: `$(error) ${integration_id ?? "An entry"} is not in force`,
      description: line === null ? "webhooks.toml" : `webhooks.toml, line ${line}`,
      detail: `${field}: ${message}`,
    })),
  ];
}

/** What is shown where nothing can be chosen. */
export function noWebhook(verb: string): Entry<Webhook> {
  return { label: `$(info) There is no webhook to ${verb}` };
}

function iconOf({ status }: Webhook): string {
  if (status === "ready") return "pass";
  return status === "disabled" ? "circle-slash" : "warning";
}
