import type { Webhook } from "../../../contracts/http-webhooks.ts";
import type { PlainRecord } from "../../output/record.ts";
import { record } from "../../output/record.ts";
import { type Cell, facts } from "../../output/table.ts";
import type { Paint } from "../../terminal.ts";
import { visibleText } from "../../visible-text.ts";

/** Whether an integration takes requests, in one cell. */
export function readinessCell({ status }: Webhook): Cell {
  const style = status === "ready" ? "green" : status === "disabled" ? "dim" : "red";
  return { text: status.replaceAll("_", " "), style };
}

/** All about one integration, for programs. @param name of the first record */
export function webhookRecords(name: string, one: Webhook): PlainRecord[] {
  const lines = [
    record(name, {
      id: one.integration_id,
      provider: one.provider,
      status: one.status,
      enabled: one.enabled,
      secret_present: one.secret_present,
      signature: one.signature,
      signature_required: one.signature_required,
      max_payload_bytes: one.max_payload_bytes,
      path: one.path,
    }),
    record(`${name}.lists`, {
      display_name: one.display_name,
      allowed_events: one.allowed_events,
      allowed_sources: one.allowed_sources,
    }),
  ];
  if (one.target !== null) {
    const { mode, connector_id, conversation_id } = one.target;
    lines.push(record(`${name}.target`, { mode, connector_id, conversation_id }));
  }
  if (one.last_test_status !== null) {
    lines.push(
      record(`${name}.last_test`, {
        status: one.last_test_status,
        at_unix_ms: one.last_test_at_unix_ms,
        message: one.last_test_message,
      }),
    );
  }
  for (const { code, message, next_step } of one.warnings) {
    lines.push(record(`${name}.warning`, { code, message, next_step }));
  }
  return lines;
}

/** The same for people. */
export function webhookLines(one: Webhook, paint: Paint): string[] {
  const anything = "anything";
  const { target } = one;
  return [
    `${paint("bold", visibleText(one.integration_id))} ${visibleText(one.display_name)}`,
    ...facts(
      [
        ["state", readinessCell(one)],
        ["provider", one.provider],
        [
          "signature",
          one.signature_required
            ? one.signature
            : {
                text: `${one.signature}, not required: anybody who reaches the port can use it`,
                style: "red",
              },
        ],
        ["secret", one.secret_vault_ref],
        ...(one.previous_secret_vault_ref === null
          ? []
          : [["secret before", one.previous_secret_vault_ref] as const]),
        ["path", one.path],
        ["events", one.allowed_events.length === 0 ? anything : one.allowed_events.join(", ")],
        ["sources", one.allowed_sources.length === 0 ? anything : one.allowed_sources.join(", ")],
        ["largest", `${one.max_payload_bytes} bytes`],
        [
          "goes to",
          target === null
            ? { text: "nowhere: deliveries are kept and have no effect", style: "yellow" }
            : `${target.conversation_id} of ${target.connector_id}, ${target.mode === "agent" ? "answered by the agent" : "as it is"}`,
        ],
        ["last test", one.last_test_status],
      ],
      paint,
    ),
    ...one.warnings.flatMap(({ message, next_step }) => [
      `  ${paint("yellow", "warning")} ${visibleText(message)}`,
      `    ${visibleText(next_step)}`,
    ]),
  ];
}
