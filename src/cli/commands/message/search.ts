import { type Command, Option } from "commander";
import type { z } from "zod";
import { errorCatalogue } from "../../../contracts/error-catalogue.ts";
import { SearchMessagesResponse } from "../../../contracts/http-channels.ts";
import { requiredConnector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { wholeNumber } from "../../option-values.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { type MessageFlags, messageCommand } from "./connector-argument.ts";
import { messageLines, messageRecords } from "./message-list.ts";

interface Flags extends MessageFlags {
  readonly conversationId: string;
  readonly threadId?: string;
  readonly query?: string;
  readonly authorId?: string;
  readonly hasAttachments?: "true" | "false";
  readonly beforeMessageId?: string;
  readonly limit: number;
}

/** Adds `palyra message search`. */
export function addSearch(message: Command, shell: Shell): void {
  const search = messageCommand(message, "search", "look for messages of a conversation")
    .requiredOption("--conversation-id <id>", "the channel")
    .option("--thread-id <id>", "a thread of it")
    .option("--query <text>", "text that is in the message")
    .option("--author-id <id>", "who wrote it")
    .addOption(new Option("--has-attachments <yes>", "with or without files").choices(["true", "false"]))
    .option("--before-message-id <id>", "messages before this one")
    .addOption(new Option("--limit <count>", "how many").argParser(wholeNumber(1, 100)).default(25));
  withExamples(
    search,
    'palyra message search discord --conversation-id 1100000000000000001 --query "invoice"',
  );
  search.action(async (named: string | undefined, given: Flags) => {
    const id = requiredConnector(named, given);
    const body = {
      conversation_id: given.conversationId,
      thread_id: given.threadId ?? null,
      query: given.query ?? null,
      author_id: given.authorId ?? null,
      has_attachments: given.hasAttachments === undefined ? null : given.hasAttachments === "true",
      before_message_id: given.beforeMessageId ?? null,
      limit: given.limit,
    };
    await showFromGateway(
      shell,
      given,
      async (gateway) =>
        searchAnswer(
          id,
          await gateway.post(route`/channels/${id}/messages/search`, body, SearchMessagesResponse),
        ),
      "Looking",
    );
  });
}

function searchAnswer(connectorId: string, answer: z.infer<typeof SearchMessagesResponse>): Answer {
  const { preflight, matches, next_before_message_id } = answer.result;
  return {
    data: answer,
    records: [
      record("message.search", {
        connector_id: connectorId,
        allowed: preflight.allowed,
        count: matches.length,
        next_before_message_id,
      }),
      ...messageRecords("message.search.match", matches),
    ],
    lines: (paint) => {
      if (!preflight.allowed) return [visibleText(preflight.reason ?? "The bot may not read there.")];
      if (matches.length > 0) return messageLines(matches, paint);
      return [
        next_before_message_id === null
          ? "No message is like that."
          : visibleText(`None so far; look further back with --before-message-id ${next_before_message_id}.`),
      ];
    },
    ...(preflight.allowed ? {} : { exitCode: errorCatalogue.forbidden.exitCode }),
  };
}
