import type { Command } from "commander";
import { SignWebhookResponse } from "../../../contracts/http-webhooks.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { type PayloadFlags, payloadOf, withPayload } from "./payload.ts";

interface Flags extends PayloadFlags {
  readonly start?: boolean;
  readonly event?: string;
  readonly source?: string;
}

/** Adds `palyra webhooks sign`: the request the sender would make now. */
export function addSign(webhooks: Command, shell: Shell): void {
  const sign = withPayload(
    needsGateway(
      webhooks.command("sign").description("make of a payload the signed request that its sender would make"),
    ),
  )
    .argument("<id>", "id of the webhook")
    .option("--event <name>", "event, where the scheme names it beside the payload")
    .option("--source <name>", "source, where the scheme names it beside the payload");
  withExamples(sign, "palyra webhooks sign github_repo_a --payload-file push.json --event push");
  sign.action(async (id: string, given: Flags) => {
    const body = {
      payload_base64: await payloadOf(shell.context().terminal, given),
      ...(given.event === undefined ? {} : { event: given.event }),
      ...(given.source === undefined ? {} : { source: given.source }),
    };
    await showFromGateway(shell, given, async (gateway) =>
      signAnswer(await gateway.post(route`/webhooks/${id}/sign`, body, SignWebhookResponse)),
    );
  });
}

function signAnswer(answer: SignWebhookResponse): Answer {
  const { integration_id, signature, path, headers, body_base64 } = answer;
  const pairs = Object.entries(headers);
  return {
    data: answer,
    records: [
      record("webhooks.sign", { integration_id, signature, path }),
      ...pairs.map(([name, value]) => record("webhooks.sign.header", { name, value })),
      record("webhooks.sign.body", { base64: body_base64 }),
    ],
    lines: (paint) => [
      `${paint("bold", "POST")} ${visibleText(path)}`,
      ...pairs.map(([name, value]) => `${paint("cyan", visibleText(name))}: ${visibleText(value)}`),
      "",
      visibleText(Buffer.from(body_base64, "base64").toString("utf8")),
    ],
  };
}
