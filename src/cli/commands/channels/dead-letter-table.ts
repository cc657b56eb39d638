import type { DeadLetterRecord } from "../../../contracts/connector-operations.ts";
import { type PlainRecord, record } from "../../output/record.ts";
import { table } from "../../output/table.ts";
import type { Paint } from "../../terminal.ts";

/** As much of a message as a table shows, in characters. */
const textWidth = 40;

/** Messages that were not delivered, for people. @param width columns it may take */
export function deadLetterTable(letters: readonly DeadLetterRecord[], paint: Paint, width: number): string[] {
  return table(
    ["id", "connector", "conversation", "tries", "reason", "text"],
    letters.map((letter) => [
      letter.dead_letter_id,
      letter.connector_id,
      letter.conversation_id,
      letter.attempts,
      letter.reason,
      [...letter.text].length > textWidth ? `${[...letter.text].slice(0, textWidth).join("")}…` : letter.text,
    ]),
    paint,
    width,
  );
}

export function deadLetterRecords(letters: readonly DeadLetterRecord[]): PlainRecord[] {
  return letters.map((letter) =>
    record("channels.dead_letter", {
      id: letter.connector_id,
      dead_letter_id: letter.dead_letter_id,
      conversation_id: letter.conversation_id,
      attempts: letter.attempts,
      created_at_unix_ms: letter.created_at_unix_ms,
      reason: letter.reason,
    }),
  );
}
