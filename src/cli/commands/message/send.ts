import type { Command } from "commander";
import { TestSendResponse } from "../../../contracts/http-channels.ts";
import { confirmed } from "../../confirm.ts";
import { requiredConnector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { type Shell, showFromGateway } from "../../shell.ts";
import { sentAnswer } from "../channels/verify.ts";
import { type MessageFlags, messageCommand } from "./connector-argument.ts";

interface Flags extends MessageFlags {
  readonly to?: string;
  readonly threadId?: string;
  readonly text: string;
  readonly replyToMessageId?: string;
  readonly yes?: boolean;
  readonly confirm?: boolean;
}

/** Adds `palyra message send` and `thread`. */
export function addSend(message: Command, shell: Shell): void {
  const send = textOptions(messageCommand(message, "send", "write into a channel as the bot"))
    .requiredOption("--to <channel>", "id of the channel")
    .option("--thread-id <id>", "a thread of it");
  withExamples(send, 'palyra message send discord --to 1100000000000000001 --text "Good morning" --yes');
  send.action(async (named: string | undefined, given: Flags) => write(shell, "send", named, given));
  const thread = textOptions(messageCommand(message, "thread", "write into a thread as the bot"))
    .requiredOption("--thread-id <id>", "id of the thread")
    .option("--to <channel>", "id of the channel it is in");
  withExamples(thread, 'palyra message thread discord --thread-id 1100000000000000002 --text "Done" --yes');
  thread.action(async (named: string | undefined, given: Flags) => write(shell, "thread", named, given));
}

function textOptions(command: Command): Command {
  return command
    .requiredOption("--text <text>", "what the bot writes")
    .option("--reply-to-message-id <id>", "as a reply to this message")
    .option("--yes", "do not ask; people will see the message")
    .option("--confirm", "the same as --yes");
}

async function write(
  shell: Shell,
  action: "send" | "thread",
  named: string | undefined,
  given: Flags,
): Promise<void> {
  const id = requiredConnector(named, given);
  const target = given.threadId ?? given.to;
  const sure = (given.yes ?? false) || (given.confirm ?? false);
  await confirmed(shell.context().terminal, sure, `Write “${given.text}” into ${target}?`);
  const body = {
    target,
    text: given.text,
    confirm: true,
    ...(given.replyToMessageId === undefined ? {} : { reply_to_message_id: given.replyToMessageId }),
  };
  await showFromGateway(
    shell,
    given,
    async (gateway) =>
      sentAnswer(
        `message.${action}`,
        await gateway.post(route`/channels/${id}/test-send`, body, TestSendResponse),
      ),
    "Sending",
  );
}
