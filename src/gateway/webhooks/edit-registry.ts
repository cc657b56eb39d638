import type { TomlTable, TomlValue } from "smol-toml";
import type { ChangeWebhookRequest } from "../../contracts/http-webhooks.ts";
import {
  WebhookIntegration,
  WebhookName,
  webhookBounds,
  webhooksFileVersion,
} from "../../contracts/webhook.ts";
import { PalyraError } from "../../platform/errors.ts";
import { InvalidFields } from "./invalid-fields.ts";

/** What a change may say of an entry: null takes a field away, an absent one stays as it is. */
export type EntryChange = ChangeWebhookRequest & {
  readonly last_test_status?: "passed" | "failed";
  readonly last_test_message?: string;
  readonly last_test_at_unix_ms?: number;
};

/**
 * Puts an entry into the document of `webhooks.toml`, or changes the fields given of the one that is there. Unknown
 * fields of it stay.
 * @param mode `put` makes a missing one, `change` does not
 * @throws `not_found`; `conflict` when there are too many; `validation_error` when the whole would not be valid
 */
export function changeEntry(
  document: TomlTable,
  integrationId: string,
  change: EntryChange,
  mode: "put" | "change",
  now: number,
): void {
  const list = listOf(document);
  let entry = list.find((one) => isEntry(one, integrationId));
  if (entry === undefined) {
    if (mode === "change") throw unknownIntegration(integrationId);
    if (list.length >= webhookBounds.integrations) {
      throw new PalyraError(
        "conflict",
        `There are ${list.length} integrations, which is the most there can be.`,
        {
          nextStep: "Remove one that is not needed any more.",
        },
      );
    }
    entry = { integration_id: integrationId, created_at_unix_ms: now };
    list.push(entry);
  }
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete entry[key];
    else if (value !== undefined) entry[key] = value as TomlValue;
  }
  if (change.signature_required === true && change.accept_unsigned === undefined)
    delete entry.accept_unsigned;
  entry.updated_at_unix_ms = now;
  requireValid(entry);
  document.version ??= webhooksFileVersion;
  document.webhooks = list;
}

/** @throws `not_found` */
export function removeEntry(document: TomlTable, integrationId: string): void {
  const list = listOf(document);
  const left = list.filter((one) => !isEntry(one, integrationId));
  if (left.length === list.length) throw unknownIntegration(integrationId);
  if (left.length === 0) delete document.webhooks;
  else document.webhooks = left;
}

export function unknownIntegration(integrationId: string): PalyraError {
  return new PalyraError("not_found", `There is no webhook integration ${integrationId}.`, {
    nextStep: "List the integrations to see their ids.",
  });
}

function listOf(document: TomlTable): TomlTable[] {
  const list = document.webhooks;
  return Array.isArray(list) ? (list as TomlTable[]) : [];
}

function isEntry(entry: TomlTable, integrationId: string): boolean {
  const id = WebhookName.safeParse(entry.integration_id);
  return id.success && id.data === integrationId;
}

function requireValid(entry: TomlTable): void {
  const parsed = WebhookIntegration.safeParse(entry);
  if (!parsed.success) {
    throw new InvalidFields(
      parsed.error.issues.map(({ path, message }) => ({ field: path.map(String).join("."), message })),
    );
  }
  const { signature_required, accept_unsigned } = parsed.data;
  if (signature_required || accept_unsigned) return;
  throw new InvalidFields([
    {
      field: "signature_required",
      message: "false needs accept_unsigned: true, because anyone who reaches the port can trigger it then",
    },
  ]);
}
