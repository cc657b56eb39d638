import type { Command } from "commander";
import { RoutePreviewResponse } from "../../../contracts/http-router.ts";
import { requiredConnector, type SelectorFlags } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { directMessageSpelling } from "../../option-values.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { table } from "../../output/table.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";

interface Flags extends SelectorFlags {
  readonly start?: boolean;
  readonly routeChannel: string;
  readonly text: string;
  readonly conversationId?: string;
  readonly guildId?: string;
  readonly senderIdentity?: string;
  readonly senderVerified: boolean;
  readonly directMessage: boolean;
  readonly isDirectMessage?: boolean;
  readonly mention?: boolean;
  readonly requestedBroadcast?: boolean;
}

/** Adds `palyra channels router preview`. */
export function addPreview(router: Command, shell: Shell): void {
  const preview = needsGateway(
    router.command("preview").description("show what would become of a message, step by step"),
  )
    .requiredOption("--route-channel <connector>", "connector such as discord:default")
    .requiredOption("--text <text>", "what somebody writes")
    .option("--conversation-id <id>", "the channel or thread")
    .option("--guild-id <id>", "the server")
    .option("--sender-identity <id>", "who writes, such as discord:user:1100000000000000001")
    .option("--no-sender-verified", "as if the provider did not vouch for who writes")
    .option("--no-direct-message", "in a channel instead of a direct message")
    .addOption(directMessageSpelling())
    .option("--mention", "as if the message mentioned the bot")
    .option("--requested-broadcast", "as if the message called everybody");
  withExamples(
    preview,
    'palyra channels router preview --route-channel discord:default --text "hello" --no-direct-message --mention',
  );
  preview.action(async (given: Flags) => {
    const body = {
      channel: requiredConnector(given.routeChannel, {}),
      text: given.text,
      ...(given.conversationId === undefined ? {} : { conversation_id: given.conversationId }),
      ...(given.guildId === undefined ? {} : { guild_id: given.guildId }),
      ...(given.senderIdentity === undefined ? {} : { sender_identity: given.senderIdentity }),
      sender_verified: given.senderVerified,
      is_direct_message: given.isDirectMessage ?? given.directMessage,
      addresses_bot: given.mention ?? false,
      requested_broadcast: given.requestedBroadcast ?? false,
    };
    await showFromGateway(shell, given, async (gateway) =>
      previewAnswer(await gateway.post("/channels/router/preview", body, RoutePreviewResponse)),
    );
  });
}

/** The key of a session can lead into a conversation: it is not shown, whoever reads. */
function previewAnswer({ preview: told }: RoutePreviewResponse): Answer {
  const preview = { ...told, session_key: told.session_key === null ? null : "<redacted>" };
  const { accepted, reason, route_key, sender_identity, config_hash } = preview;
  return {
    data: { preview },
    records: [
      record("channels.router.preview", { accepted, reason, route_key, sender_identity, config_hash }),
      ...preview.steps.map(({ check, outcome, because }) =>
        record("channels.router.preview.step", { check, outcome, because }),
      ),
    ],
    lines: (paint, _now, width) => [
      `${accepted ? paint("green", "Answered.") : paint("yellow", "Not answered.")} ${visibleText(preview.sentence)}`,
      "",
      ...table(
        ["check", "outcome", "because"],
        preview.steps.map(({ check, outcome, because }) => [
          check,
          { text: outcome, style: outcome === "pass" ? "green" : "yellow" },
          because,
        ]),
        paint,
        width,
      ),
    ],
  };
}
