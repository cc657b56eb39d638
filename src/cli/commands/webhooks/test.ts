import type { Command } from "commander";
import { errorCatalogue } from "../../../contracts/error-catalogue.ts";
import { TestWebhookResponse } from "../../../contracts/http-webhooks.ts";
import { PalyraError } from "../../../platform/errors.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { facts } from "../../output/table.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { type PayloadFlags, payloadOf, withPayload } from "./payload.ts";

interface Flags extends PayloadFlags {
  readonly start?: boolean;
  readonly header?: readonly string[];
}

/** Adds `palyra webhooks test`: judges a request as if it had come in, without any effect. */
export function addTest(webhooks: Command, shell: Shell): void {
  const test = withPayload(
    needsGateway(
      webhooks.command("test").description("judge a request as if it had come in, without any effect"),
    ),
  )
    .alias("verify")
    .argument("<id>", "id of the webhook")
    .option(
      "--header <name:value>",
      "a header of the sender; may be repeated",
      (text: string, before: readonly string[] = []) => [...before, text],
    );
  withExamples(
    test,
    "palyra webhooks test github_repo_a --payload-file push.json",
    'palyra webhooks test github_repo_a --payload-stdin --header "x-github-event: push" < push.json',
  );
  test.action(async (id: string, given: Flags) => {
    const body = {
      payload_base64: await payloadOf(shell.context().terminal, given),
      headers: headersOf(given.header ?? []),
    };
    await showFromGateway(shell, given, async (gateway) =>
      testAnswer(await gateway.post(route`/webhooks/${id}/test`, body, TestWebhookResponse)),
    );
  });
}

/** @throws `validation_error` */
export function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      if (colon > 0) return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
      throw new PalyraError("validation_error", `“${line}” is not a header.`, {
        nextStep: "Write it as NAME: VALUE.",
      });
    }),
  );
}

function testAnswer(answer: TestWebhookResponse): Answer {
  const { result } = answer;
  return {
    data: answer,
    records: [
      record("webhooks.test", {
        integration_id: result.integration_id,
        valid: result.valid,
        outcome: result.outcome,
        event: result.event ?? "unknown",
        source: result.source ?? "unknown",
        signature_present: result.signature_present,
        signature_valid: result.signature_valid,
        nonce_fresh: result.nonce_fresh,
        secret_present: result.secret_present,
      }),
      record("webhooks.test.message", { text: result.message }),
      ...result.safety_findings.map(({ code, severity }) =>
        record("webhooks.test.finding", { code, severity }),
      ),
    ],
    lines: (paint) => [
      `${result.valid ? paint("green", "It would be taken.") : paint("red", "It would be refused.")} ${visibleText(result.message)}`,
      ...facts(
        [
          ["outcome", result.outcome.replaceAll("_", " ")],
          ["event", result.event],
          ["source", result.source],
          ["signature", signatureSentence(result)],
          ["safety", result.safety_action.replaceAll("_", " ")],
          ...result.safety_findings.map(
            ({ code, severity }) => ["finding", `${code} (${severity})`] as const,
          ),
        ],
        paint,
      ),
    ],
    ...(result.valid ? {} : { exitCode: errorCatalogue.validation_error.exitCode }),
  };
}

function signatureSentence({ signature_present, signature_valid }: TestWebhookResponse["result"]): string {
  if (!signature_present) return "none";
  if (signature_valid === "not_checked") return "not checked";
  return signature_valid ? "valid" : "wrong";
}
