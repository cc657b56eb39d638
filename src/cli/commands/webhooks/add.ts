import { type Command, Option } from "commander";
import {
  type PutWebhookRequest,
  PutWebhookResponse,
  WebhookResponse,
} from "../../../contracts/http-webhooks.ts";
import {
  targetConversation,
  type WebhookSignature,
  type WebhookTarget,
  webhookBounds,
  webhookSignatures,
} from "../../../contracts/webhook.ts";
import { PalyraError } from "../../../platform/errors.ts";
import { confirmed } from "../../confirm.ts";
import { withExamples } from "../../examples.ts";
import { type GatewayClient, route } from "../../gateway-client.ts";
import { wholeNumber } from "../../option-values.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { webhookLines, webhookRecords } from "./webhook-answer.ts";

interface Flags {
  readonly start?: boolean;
  readonly provider?: string;
  readonly secretRef?: string;
  readonly previousSecretRef?: string;
  readonly displayName?: string;
  readonly signature?: WebhookSignature;
  readonly allowEvent?: string[];
  readonly allowSource?: string[];
  readonly disabled?: boolean;
  readonly requireSignature?: boolean;
  readonly maxPayloadBytes?: number;
  readonly toConnector?: string;
  readonly toConversation?: string;
  readonly mode?: "message" | "agent";
  readonly yes?: boolean;
}

/** Adds `palyra webhooks add`, which also changes what is there: only what is given. */
export function addAdd(webhooks: Command, shell: Shell): void {
  const many = (text: string, before: readonly string[] = []): string[] => [...before, text];
  const add = needsGateway(
    webhooks.command("add").description("make a webhook, or change the given settings of one"),
  )
    .argument("<id>", "what it is called here; it is part of its address")
    .argument("[provider]", "who sends: github, gitlab, slack, stripe, svix, or any other name")
    .option("--provider <name>", "the same as the argument")
    .option("--secret-ref <ref>", "name of its secret; needed for a new one")
    .option("--previous-secret-ref <ref>", "name of the secret that goes out of use, accepted as well")
    .option("--display-name <text>", "how people read it")
    .addOption(
      new Option(
        "--signature <scheme>",
        "how the sender proves itself, when the provider does not tell",
      ).choices([...webhookSignatures]),
    )
    .addOption(new Option("--allow-event <name>", "only this event; may be repeated").argParser(many))
    .addOption(new Option("--allow-source <name>", "only this source; may be repeated").argParser(many))
    .option("--disabled", "do not take requests yet")
    .option("--require-signature", "take signed requests only, as without it")
    .option("--no-require-signature", "take unsigned ones too: anybody who reaches the port can use it")
    .addOption(
      new Option("--max-payload-bytes <count>", "largest request").argParser(
        wholeNumber(0, webhookBounds.maxPayloadBytes),
      ),
    )
    .option("--to-connector <id>", "where its deliveries go, such as discord:default")
    .option("--to-conversation <id>", "the channel there; of Discord its id is enough")
    .addOption(
      new Option(
        "--mode <mode>",
        "whether the text is posted as it is, or the agent answers it; message for a new target",
      ).choices(["message", "agent"]),
    )
    .option("--yes", "do not ask");
  withExamples(
    add,
    "palyra webhooks add github_repo_a github --secret-ref global/github_repo_a --allow-event push",
    "palyra webhooks add github_repo_a --to-connector discord:default --to-conversation 1100000000000000001 --mode agent",
  );
  add.action(async (id: string, provider: string | undefined, given: Flags) => {
    if (given.requireSignature === false) {
      const question = `Anybody who reaches the port could trigger “${id}” without a signature. Go on?`;
      await confirmed(shell.context().terminal, given.yes ?? false, question);
    }
    const body = requestOf(id, provider, given);
    await showFromGateway(shell, given, async (gateway) => {
      const target = await targetOf(given, () => presentTarget(gateway, id));
      const wish = target === null ? body : { ...body, target };
      const answer = await gateway.post("/webhooks", wish, PutWebhookResponse);
      const { created, integration } = answer;
      const done = created
        ? `The webhook ${integration.integration_id} is made.`
        : `There was a webhook ${integration.integration_id}: what was given is changed, the rest is as before.`;
      return {
        data: answer,
        records: [record("webhooks.put", { created }), ...webhookRecords("webhooks.add", integration)],
        lines: (paint) => [done, "", ...webhookLines(integration, paint)],
      };
    });
  });
}

/** The target of a webhook as it is; null when it has none, or does not exist yet. */
async function presentTarget(gateway: GatewayClient, id: string): Promise<WebhookTarget | null> {
  try {
    return (await gateway.get(route`/webhooks/${id}`, WebhookResponse)).integration.target;
  } catch (thrown) {
    if (thrown instanceof PalyraError && thrown.code === "not_found") return null;
    throw thrown;
  }
}

/**
 * The target that is wished for; null when nothing is said of it. What is not said of it stays as it is.
 * @throws `validation_error` when it would not be whole
 */
export async function targetOf(
  { toConnector, toConversation, mode }: Pick<Flags, "toConnector" | "toConversation" | "mode">,
  present: () => Promise<WebhookTarget | null>,
): Promise<WebhookTarget | null> {
  if (toConnector === undefined && mode === undefined) return null;
  const before = mode === undefined || toConnector === undefined ? await present() : null;
  if (toConnector === undefined || toConversation === undefined) {
    if (before === null) throw halfTarget();
    return { ...before, mode: mode ?? before.mode };
  }
  return {
    mode: mode ?? before?.mode ?? "message",
    connector_id: toConnector,
    conversation_id: targetConversation(toConnector, toConversation),
  };
}

function halfTarget(): PalyraError {
  return new PalyraError("validation_error", "A target needs both --to-connector and --to-conversation.", {
    nextStep: "Give both, such as --to-connector discord:default --to-conversation CHANNEL_ID.",
  });
}

function requestOf(id: string, provider: string | undefined, given: Flags): PutWebhookRequest {
  if ((given.toConnector === undefined) !== (given.toConversation === undefined)) throw halfTarget();
  if (provider !== undefined && given.provider !== undefined && provider !== given.provider) {
    throw new PalyraError("validation_error", `“${provider}” and --provider ${given.provider} differ.`, {
      nextStep: "Name the provider once.",
    });
  }
  return Object.fromEntries(
    Object.entries({
      integration_id: id,
      provider: provider ?? given.provider,
      signature: given.signature,
      display_name: given.displayName,
      secret_vault_ref: given.secretRef,
      previous_secret_vault_ref: given.previousSecretRef,
      allowed_events: given.allowEvent,
      allowed_sources: given.allowSource,
      enabled: given.disabled === true ? false : undefined,
      signature_required: given.requireSignature,
      accept_unsigned: given.requireSignature === false ? true : undefined,
      max_payload_bytes: given.maxPayloadBytes,
    }).filter(([, value]) => value !== undefined),
  ) as PutWebhookRequest;
}
