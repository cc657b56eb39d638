import type { Command } from "commander";
import type { MessageLocator } from "../../../contracts/message-admin.ts";
import { type MessageFlags, messageCommand } from "./connector-argument.ts";

export interface ChangeFlags extends MessageFlags {
  readonly conversationId: string;
  readonly threadId?: string;
  readonly messageId: string;
  readonly approvalId?: string;
}

/** A command that changes one message. */
export function changeCommand(message: Command, name: string, what: string): Command {
  return messageCommand(message, name, what)
    .requiredOption("--conversation-id <id>", "the channel")
    .requiredOption("--message-id <id>", "the message")
    .option("--thread-id <id>", "the thread it is in")
    .option("--approval-id <id>", "your permission, when it was asked for before");
}

export function locatorOf({ conversationId, threadId, messageId }: ChangeFlags): MessageLocator {
  return { conversation_id: conversationId, thread_id: threadId ?? null, message_id: messageId };
}

/** The permission, when there is one. */
export function approvalOf({ approvalId }: ChangeFlags): { approval_id?: string } {
  return approvalId === undefined ? {} : { approval_id: approvalId };
}
