import type { DeliveryCounts } from "../../connectors/store/parts/webhook-delivery-store.ts";
import type { ErrorDetails } from "../../contracts/errors.ts";
import type { QuarantinedWebhook, Webhook } from "../../contracts/http-webhooks.ts";
import {
  hookPath,
  signatureOf,
  type WebhookIntegration,
  type WebhookReadiness,
} from "../../contracts/webhook.ts";
import {
  type WebhooksStatus,
  type WebhookWarning,
  webhookWarningLimit,
} from "../../contracts/webhook-status.ts";
import type { SecretState } from "./integration-secrets.ts";
import type { QuarantinedEntry, WebhookRegistryContent } from "./parse-registry.ts";

/** How an integration stands. */
export interface IntegrationState {
  /** As if it was enabled. */
  readonly secretState: SecretState;
  /** Of the secret that goes out of use; null when there is none. */
  readonly previousSecretState: SecretState | null;
  /** Whether the connector of its target is configured. */
  readonly destinationKnown: boolean;
}

type Judge = (integration: WebhookIntegration) => IntegrationState;

/** An integration as clients see it. */
export function webhookView(integration: WebhookIntegration, state: IntegrationState): Webhook {
  const { secretState } = state;
  return {
    integration_id: integration.integration_id,
    provider: integration.provider,
    signature: signatureOf(integration),
    display_name: integration.display_name ?? integration.integration_id,
    secret_vault_ref: integration.secret_vault_ref,
    previous_secret_vault_ref: integration.previous_secret_vault_ref ?? null,
    allowed_events: integration.allowed_events,
    allowed_sources: integration.allowed_sources,
    enabled: integration.enabled,
    signature_required: integration.signature_required,
    max_payload_bytes: integration.max_payload_bytes,
    max_per_minute: integration.max_per_minute,
    target: integration.target ?? null,
    created_at_unix_ms: integration.created_at_unix_ms,
    updated_at_unix_ms: integration.updated_at_unix_ms,
    last_test_status: integration.last_test_status ?? null,
    last_test_message: integration.last_test_message ?? null,
    last_test_at_unix_ms: integration.last_test_at_unix_ms ?? null,
    status: integration.enabled ? secretState : "disabled",
    secret_present: secretState === "ready" || secretState === "secret_unusable",
    path: hookPath(integration.integration_id),
    warnings: integration.enabled ? integrationWarnings(integration, state) : [],
  };
}

export function quarantinedView({
  integrationId,
  line,
  field,
  message,
}: QuarantinedEntry): QuarantinedWebhook {
  return { integration_id: integrationId, line, field, message };
}

/** What is probably not meant about an enabled integration. */
function integrationWarnings(integration: WebhookIntegration, state: IntegrationState): WebhookWarning[] {
  const { integration_id: id, secret_vault_ref: ref, signature_required, target } = integration;
  const warnings: WebhookWarning[] = [];
  const warn = (code: WebhookWarning["code"], message: string, next_step: string): void => {
    warnings.push({ code, integration_id: id, message, next_step });
  };
  if (state.secretState !== "ready")
    warn("secret_not_ready", secretFault(id, ref, state.secretState), secretStep(ref));
  const { previousSecretState: previous } = state;
  if (previous !== null && previous !== "ready") {
    const { previous_secret_vault_ref: previousRef = "" } = integration;
    warn(
      "previous_secret_not_ready",
      `What is signed with the previous secret of ${id}, ${previousRef}, is refused: ${previousFaults[previous]}.`,
      "Store it, correct previous_secret_vault_ref, or remove that line when its sender has changed over.",
    );
  }
  if (!signature_required) {
    warn(
      "unsigned_accepted",
      `${id} takes requests without a signature: anyone who reaches the port can trigger it.`,
      "Let its sender sign, then set signature_required = true.",
    );
  }
  if (target === undefined) {
    warn(
      "no_destination",
      `No destination is chosen for ${id}: its deliveries are kept and have no effect.`,
      "Set its target: mode, connector_id and conversation_id.",
    );
  } else if (!state.destinationKnown) {
    warn(
      "destination_unknown",
      `${id} delivers to ${target.connector_id}, which does not exist or is disabled.`,
      "Enable the connector, or choose another target.",
    );
  }
  return warnings;
}

const previousFaults: Readonly<Record<Exclude<SecretState, "ready">, string>> = {
  invalid_secret_ref: "that is no reference of a secret",
  secret_not_found: "it is not stored",
  secret_unavailable: "it was not handed over yet",
  secret_unusable: "it is too short, or not of the form that the signature needs",
};

/** Why an integration cannot take requests, in a sentence. */
export function secretFault(id: string, ref: string, state: Exclude<SecretState, "ready">): string {
  const texts: Readonly<Record<typeof state, string>> = {
    invalid_secret_ref: `“${ref}” is no reference of a secret: ${id} cannot check signatures.`,
    secret_not_found: `The secret ${ref} is not stored: ${id} cannot check signatures.`,
    secret_unavailable: `The secret ${ref} was not handed over yet: ${id} cannot check signatures.`,
    secret_unusable: `The secret ${ref} is too short, or not of the form that the signature of ${id} needs.`,
  };
  return texts[state];
}

function secretStep(ref: string): string {
  return `Store the sender's secret as ${ref}, e.g. with “palyra secrets set”, or change secret_vault_ref.`;
}

/** What is to be said of the file and the listener, with what every integration says for itself. */
export function allWarnings(
  content: WebhookRegistryContent,
  judge: Judge,
  problem: ErrorDetails | null,
  listenerWarnings: readonly WebhookWarning[],
): WebhookWarning[] {
  const file: WebhookWarning[] =
    problem === null
      ? []
      : [
          {
            code: "file_broken",
            integration_id: null,
            message: problem.message,
            next_step: problem.next_step,
          },
        ];
  const quarantined = content.quarantined.map((entry): WebhookWarning => {
    const place = entry.line === null ? "webhooks.toml" : `webhooks.toml, line ${entry.line}`;
    const what = [entry.integrationId, entry.field].filter(Boolean).join(", ");
    return {
      code: "entry_quarantined",
      integration_id: entry.integrationId,
      message: `${place}: ${what === "" ? "" : `${what}: `}${entry.message}. The entry is not in force.`,
      next_step: "Correct the entry; the file is read again when it is saved.",
    };
  });
  const own = [...content.integrations.values()]
    .filter(({ enabled }) => enabled)
    .flatMap((integration) => integrationWarnings(integration, judge(integration)));
  const unknown = content.unknownSettings.map(({ integrationId, line, key }): WebhookWarning => {
    const place = line === null ? "webhooks.toml" : `webhooks.toml, line ${line}`;
    return {
      code: "unknown_setting",
      integration_id: integrationId,
      message: `${place}: ${integrationId === null ? "" : `${integrationId}: `}there is no setting ${key}; it has no effect.`,
      next_step: "Correct its name, or remove the line.",
    };
  });
  return [...file, ...listenerWarnings, ...quarantined, ...unknown, ...own];
}

/** The figures of the status. */
export function webhooksStatus(
  content: WebhookRegistryContent,
  judge: Judge,
  facts: {
    readonly warnings: readonly WebhookWarning[];
    readonly deliveries: DeliveryCounts | null;
    readonly requests: WebhooksStatus["requests"];
  },
): WebhooksStatus {
  const all = [...content.integrations.values()];
  const states = all.map((one) => (one.enabled ? judge(one).secretState : "disabled"));
  const count = (state: WebhookReadiness): number => states.filter((one) => one === state).length;
  return {
    total: all.length,
    enabled: all.filter(({ enabled }) => enabled).length,
    ready: count("ready"),
    disabled: count("disabled"),
    invalid_secret_ref: count("invalid_secret_ref"),
    secret_not_found: count("secret_not_found"),
    secret_unavailable: count("secret_unavailable"),
    secret_unusable: count("secret_unusable"),
    quarantined: content.quarantined.length,
    providers: [...new Set(all.map(({ provider }) => provider))].sort(),
    deliveries: facts.deliveries === null ? null : { ...facts.deliveries },
    requests: facts.requests,
    warnings: facts.warnings.slice(0, webhookWarningLimit),
  };
}
