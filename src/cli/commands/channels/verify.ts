import type { Command } from "commander";
import { errorCatalogue } from "../../../contracts/error-catalogue.ts";
import { TestSendResponse } from "../../../contracts/http-channels.ts";
import { confirmed } from "../../confirm.ts";
import { requiredConnector, type SelectorFlags, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { statusRecords } from "./status-answer.ts";

interface Flags extends SelectorFlags {
  readonly start?: boolean;
  readonly to: string;
  readonly threadId?: string;
  readonly text: string;
  readonly yes?: boolean;
  readonly confirm?: boolean;
}

/** Adds `palyra channels verify`: a text of the bot in a channel. */
export function addVerify(channels: Command, shell: Shell): void {
  const verify = needsGateway(
    withSelector(channels.command("verify").description("send a test message into a channel")),
  )
    .alias("test-send")
    .requiredOption("--to <channel>", "id of the channel, with or without “channel:” before it")
    .option("--thread-id <id>", "a thread of it")
    .option("--text <text>", "what the bot writes", "palyra discord test message")
    .option("--yes", "do not ask; people will see the message")
    .option("--confirm", "the same as --yes");
  withExamples(verify, "palyra channels verify discord --to 1100000000000000001 --yes");
  verify.action(async (named: string | undefined, given: Flags) => {
    const id = requiredConnector(named, given);
    const sure = (given.yes ?? false) || (given.confirm ?? false);
    const target = given.threadId ?? given.to;
    await confirmed(shell.context().terminal, sure, `Write “${given.text}” into ${target}?`);
    const body = { target, text: given.text, confirm: true };
    await showFromGateway(
      shell,
      given,
      async (gateway) =>
        sentAnswer(
          "channels.verify",
          await gateway.post(route`/channels/${id}/test-send`, body, TestSendResponse),
        ),
      "Sending",
    );
  });
}

/** What became of a text that was sent. @param name of the record */
export function sentAnswer(name: string, answer: TestSendResponse): Answer {
  const { dispatch } = answer;
  const { delivered, waiting, dead_lettered, reason, native_message_id } = dispatch;
  const failed = dead_lettered > 0 || (delivered === 0 && waiting === 0);
  return {
    data: answer,
    records: [
      record(name, {
        connector_id: dispatch.connector_id,
        delivered,
        waiting,
        dead_lettered,
        native_message_id,
        reason,
      }),
      ...statusRecords(answer.status),
    ],
    lines: (paint) => {
      if (failed) return [paint("red", "Not delivered. ") + visibleText(reason ?? "")];
      if (waiting > 0) {
        const why = reason === null ? "" : ` ${reason}`;
        return [visibleText(`${delivered} of ${delivered + waiting} delivered; the rest waits.${why}`)];
      }
      return [visibleText(`Delivered as message ${native_message_id ?? "without an id"}.`)];
    },
    ...(failed ? { exitCode: errorCatalogue.delivery_failing.exitCode } : {}),
  };
}
