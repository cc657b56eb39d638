import type { Command } from "commander";
import { errorCatalogue } from "../../../contracts/error-catalogue.ts";
import { TestMessageResponse } from "../../../contracts/http-channels.ts";
import { requiredConnector, type SelectorFlags, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { directMessageSpelling } from "../../option-values.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { statusRecords } from "./status-answer.ts";

interface Flags extends SelectorFlags {
  readonly start?: boolean;
  readonly text: string;
  readonly conversationId?: string;
  readonly senderId?: string;
  readonly senderDisplay?: string;
  readonly directMessage: boolean;
  readonly isDirectMessage?: boolean;
  readonly requestedBroadcast?: boolean;
}

/** Adds `palyra channels test`: a message that comes in as if a person had written it. */
export function addTest(channels: Command, shell: Shell): void {
  const test = needsGateway(
    withSelector(
      channels.command("test").description("let a message come in, as if a person had written it"),
    ),
  )
    .requiredOption("--text <text>", "what the person writes")
    .option("--conversation-id <id>", "where")
    .option("--sender-id <id>", "who")
    .option("--sender-display <name>", "name of who writes")
    .option("--no-direct-message", "in a channel instead of a direct message")
    .addOption(directMessageSpelling())
    .option("--requested-broadcast", "as if the message called everybody");
  withExamples(test, 'palyra channels test discord --text "hello"');
  test.action(async (named: string | undefined, given: Flags) => {
    const id = requiredConnector(named, given);
    const body = {
      text: given.text,
      ...(given.conversationId === undefined ? {} : { conversation_id: given.conversationId }),
      ...(given.senderId === undefined ? {} : { sender_id: given.senderId }),
      ...(given.senderDisplay === undefined ? {} : { sender_display: given.senderDisplay }),
      is_direct_message: given.isDirectMessage ?? given.directMessage,
      requested_broadcast: given.requestedBroadcast ?? false,
    };
    await showFromGateway(shell, given, async (gateway) => {
      const answer = await gateway.post(route`/channels/${id}/test`, body, TestMessageResponse);
      const { accepted, envelope_id } = answer.ingest;
      return {
        data: answer,
        records: [
          record("channels.test", { connector_id: id, accepted, envelope_id }),
          ...statusRecords(answer.status),
        ],
        lines: () => [
          visibleText(
            accepted
              ? `The message came in as ${envelope_id}. “palyra channels logs ${id}” shows what becomes of it.`
              : "The message was not taken: one with the same id came in before.",
          ),
        ],
        ...(accepted ? {} : { exitCode: errorCatalogue.conflict.exitCode }),
      };
    });
  });
}
