import type { MessageRecord } from "../../../contracts/message-admin.ts";
import { localTime } from "../../output/local-time.ts";
import { type PlainRecord, record } from "../../output/record.ts";
import type { Paint } from "../../terminal.ts";
import { visibleText } from "../../visible-text.ts";

/** Messages for people, the oldest first, as they were written. */
export function messageLines(messages: readonly MessageRecord[], paint: Paint): string[] {
  return messages.toReversed().flatMap((message) => {
    const time = localTime(message.created_at_unix_ms);
    const who = visibleText(message.sender_display ?? message.sender_id);
    const edited = message.edited_at_unix_ms === null ? "" : ", edited";
    const id = paint("dim", `${time}, ${visibleText(message.locator.message_id)}${edited}`);
    const body = message.body.split("\n").map((line) => `  ${visibleText(line)}`);
    const extras = [
      ...message.attachments.map(({ filename, url }) => `file ${filename ?? url ?? "without a name"}`),
      ...message.reactions.map(({ emoji, count }) => `${emoji} ${count}`),
    ];
    return [
      `${paint(message.is_connector_authored ? "cyan" : "bold", who)} ${id}`,
      ...body,
      ...(extras.length === 0 ? [] : [`  ${paint("dim", visibleText(extras.join("  ")))}`]),
    ];
  });
}

export function messageRecords(name: string, messages: readonly MessageRecord[]): PlainRecord[] {
  return messages.map((message) =>
    record(name, {
      conversation_id: message.locator.conversation_id,
      thread_id: message.locator.thread_id ?? undefined,
      message_id: message.locator.message_id,
      sender_id: message.sender_id,
      sender_display: message.sender_display,
      created_at_unix_ms: message.created_at_unix_ms,
      attachments: message.attachments.length,
      body: message.body,
    }),
  );
}
