import type { Command } from "commander";
import { type DispatchWebhookRequest, HookAccepted } from "../../../contracts/http-webhooks.ts";
import { PalyraError } from "../../../platform/errors.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { type PayloadFlags, payloadOf, withPayload } from "./payload.ts";

interface Flags extends PayloadFlags {
  readonly start?: boolean;
  readonly event: string;
  readonly source?: string;
  readonly dedupeKey?: string;
}

/** Adds `palyra webhooks dispatch`: the owner makes a delivery by hand, which has its effect. */
export function addDispatch(webhooks: Command, shell: Shell): void {
  const dispatch = withPayload(
    needsGateway(
      webhooks
        .command("dispatch")
        .description(
          "make a delivery by hand: it has its effect, every check but that of the signature is made",
        ),
    ),
  )
    .argument("<id>", "id of the webhook")
    .requiredOption("--event <name>", "event it is about")
    .option("--source <name>", "where it comes from")
    .option("--dedupe-key <key>", "the same key has its effect once, however often it is given");
  withExamples(
    dispatch,
    "palyra webhooks dispatch deploys --event deploy --payload-file deploy.json",
    `echo '{"text":"Version 5 is out."}' | palyra webhooks dispatch deploys --event deploy --payload-stdin --dedupe-key v5`,
  );
  dispatch.action(async (id: string, given: Flags) => {
    const body: DispatchWebhookRequest = {
      event: given.event,
      payload: await documentOf(shell, given),
      ...(given.source === undefined ? {} : { source: given.source }),
      ...(given.dedupeKey === undefined ? {} : { dedupe_key: given.dedupeKey }),
    };
    await showFromGateway(shell, given, async (gateway) => {
      const answer = await gateway.post(route`/webhooks/${id}/dispatch`, body, HookAccepted);
      const { id: delivery_id, duplicate } = answer;
      return {
        data: answer,
        records: [record("webhooks.dispatch", { integration_id: id, delivery_id, duplicate })],
        lines: () => [
          visibleText(
            duplicate
              ? `The key was used before, by delivery ${delivery_id}: nothing happens a second time.`
              : `Delivery ${delivery_id} is stored. “palyra webhooks deliveries ${id}” shows what becomes of it.`,
          ),
        ],
      };
    });
  });
}

/** @throws `validation_error` for anything but a JSON object, and as `payloadOf` */
async function documentOf(shell: Shell, given: PayloadFlags): Promise<Record<string, unknown>> {
  if (given.payloadStdin !== true && given.payloadFile === undefined) return {};
  const base64 = await payloadOf(shell.context().terminal, given);
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(base64, "base64").toString("utf8"));
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  if (typeof document === "object" && document !== null && !Array.isArray(document)) {
    return document as Record<string, unknown>;
  }
  throw new PalyraError("validation_error", "The payload is not a JSON object.", {
    nextStep: 'Give a document such as {"text":"hello"}.',
  });
}
