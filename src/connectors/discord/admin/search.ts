import type { MessageRecord, SearchMessagesRequest } from "../../../contracts/message-admin.ts";
import { personOf } from "../ids.ts";

/** Whether a message has everything a search asks for. Case does not matter. */
export function matchesSearch(
  record: Pick<MessageRecord, "body" | "sender_id" | "attachments">,
  wanted: Pick<SearchMessagesRequest, "query" | "author_id" | "has_attachments">,
): boolean {
  const query = wanted.query?.trim().toLowerCase() ?? "";
  const author = wanted.author_id?.trim().toLowerCase() ?? "";
  return (
    (query === "" || record.body.toLowerCase().includes(query)) &&
    (author === "" || record.sender_id === personOf(author.replace(/^(?:discord:)?user:|^<@!?|>$/g, ""))) &&
    (wanted.has_attachments === null || wanted.has_attachments === record.attachments.length > 0)
  );
}
