import { type Command, Option } from "commander";
import type { z } from "zod";
import { errorCatalogue } from "../../../contracts/error-catalogue.ts";
import { ReadMessagesResponse } from "../../../contracts/http-channels.ts";
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
  readonly messageId?: string;
  readonly beforeMessageId?: string;
  readonly afterMessageId?: string;
  readonly aroundMessageId?: string;
  readonly limit: number;
}

/** Adds `palyra message read`. */
export function addRead(message: Command, shell: Shell): void {
  const read = messageCommand(message, "read", "show messages of a conversation")
    .requiredOption("--conversation-id <id>", "the channel")
    .option("--thread-id <id>", "a thread of it")
    .option("--message-id <id>", "just this message")
    .option("--before-message-id <id>", "messages before this one")
    .option("--after-message-id <id>", "messages after this one")
    .option("--around-message-id <id>", "messages around this one")
    .addOption(new Option("--limit <count>", "how many").argParser(wholeNumber(1, 100)).default(25));
  withExamples(read, "palyra message read discord --conversation-id 1100000000000000001 --limit 10");
  read.action(async (named: string | undefined, given: Flags) => {
    const id = requiredConnector(named, given);
    const body = {
      conversation_id: given.conversationId,
      thread_id: given.threadId ?? null,
      message_id: given.messageId ?? null,
      before_message_id: given.beforeMessageId ?? null,
      after_message_id: given.afterMessageId ?? null,
      around_message_id: given.aroundMessageId ?? null,
      limit: given.limit,
    };
    await showFromGateway(shell, given, async (gateway) =>
      readAnswer(id, await gateway.post(route`/channels/${id}/messages/read`, body, ReadMessagesResponse)),
    );
  });
}

function readAnswer(connectorId: string, answer: z.infer<typeof ReadMessagesResponse>): Answer {
  const { preflight, messages, next_before_message_id } = answer.result;
  return {
    data: answer,
    records: [
      record("message.read", {
        connector_id: connectorId,
        allowed: preflight.allowed,
        count: messages.length,
        next_before_message_id,
      }),
      ...messageRecords("message.read.message", messages),
    ],
    lines: (paint) => {
      if (!preflight.allowed) return [visibleText(preflight.reason ?? "The bot may not read there.")];
      return messages.length === 0 ? ["There are no messages."] : messageLines(messages, paint);
    },
    ...(preflight.allowed ? {} : { exitCode: errorCatalogue.forbidden.exitCode }),
  };
}
