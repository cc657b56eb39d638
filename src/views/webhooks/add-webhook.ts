import * as vscode from "vscode";
import { targetConversation, WebhookName, type WebhookSignature } from "../../contracts/webhook.ts";
import type { ControlCenterHolder } from "../control-center-holder.ts";
import { askChoice, askText, type Entry } from "../wizard/quick-input.ts";
import { next, runWizard, type StepOutcome, type WizardStep } from "../wizard/wizard.ts";
import type { WebhookDesk } from "./webhook-desk.ts";

interface Draft {
  readonly id: string;
  readonly signature: WebhookSignature;
  /** In memory only, until it is in the secret store. */
  readonly secret: string;
  readonly connector: string | null;
  readonly conversation: string;
}

const senders: readonly Entry<WebhookSignature>[] = [
  { label: "GitHub", value: "github" },
  { label: "GitLab", value: "gitlab" },
  { label: "Slack", value: "slack" },
  { label: "Stripe", value: "stripe" },
  { label: "Standard Webhooks", description: "Svix, Clerk, Resend and others", value: "standard" },
  { label: "Another One", description: "with an HMAC over the body", value: "generic" },
];

/** Asks for a new webhook, stores its secret, and writes it into webhooks.toml. Leaving it changes nothing. */
export async function addWebhook(holder: ControlCenterHolder, desk: WebhookDesk): Promise<void> {
  const center = await holder.current();
  const connectors = center.snapshot.gateway?.status.connectors.map(({ connector_id }) => connector_id) ?? [];
  const taken = new Set((await desk.list()).integrations.map(({ integration_id }) => integration_id));
  const begin: Draft = { id: "", signature: "github", secret: "", connector: null, conversation: "" };
  const draft = await runWizard(addSteps(taken, connectors), begin);
  if (draft === null) return;
  const ref = `global/webhook.${draft.id}`;
  await center.setSecret(ref, draft.secret);
  try {
    await desk.put({
      integration_id: draft.id,
      provider: draft.signature,
      signature: draft.signature,
      secret_vault_ref: ref,
      enabled: true,
      ...(draft.connector === null
        ? {}
        : {
            target: {
              mode: "agent",
              connector_id: draft.connector,
              conversation_id: targetConversation(draft.connector, draft.conversation),
            },
          }),
    });
  } catch (thrown) {
    await center.deleteSecret(ref);
    throw thrown;
  }
  void vscode.window.showInformationMessage(`The webhook “${draft.id}” takes deliveries now.`);
}

function addSteps(taken: ReadonlySet<string>, connectors: readonly string[]): readonly WizardStep<Draft>[] {
  const take = <T>(outcome: StepOutcome<T>, change: (value: T) => Draft): StepOutcome<Draft> =>
    outcome.kind === "next" ? next(change(outcome.draft)) : outcome;
  return [
    {
      id: "name",
      title: "Add a Webhook: Name",
      applies: () => true,
      ask: async (draft, place) => {
        const outcome = await askText({
          place,
          value: draft.id,
          placeholder: "github-repo",
          prompt: "The name is the last part of the address that the sender calls.",
          fault: (text) => {
            const name = WebhookName.safeParse(text);
            if (!name.success) return "Use letters, digits, . _ -";
            return taken.has(name.data) ? "There is a webhook of this name." : null;
          },
        });
        return take(outcome, (text) => ({ ...draft, id: WebhookName.parse(text) }));
      },
    },
    {
      id: "sender",
      title: "Add a Webhook: Sender",
      applies: () => true,
      ask: async (draft, place) => {
        const outcome = await askChoice({ place, placeholder: "Who calls it", load: async () => senders });
        return take(outcome, (signature) => ({ ...draft, signature }));
      },
    },
    {
      id: "secret",
      title: "Add a Webhook: Secret",
      applies: () => true,
      ask: async (draft, place) => {
        const outcome = await askText({
          place,
          value: draft.secret,
          isPassword: true,
          prompt: "The secret you share with the sender. It goes to the secret store and nowhere else.",
          fault: (text) => (text.length >= 8 ? null : "A secret has at least 8 characters."),
        });
        return take(outcome, (secret) => ({ ...draft, secret }));
      },
    },
    {
      id: "target",
      title: "Add a Webhook: Destination",
      applies: () => true,
      ask: async (draft, place) => {
        const outcome = await askChoice<{ readonly connector: string | null }>({
          place,
          placeholder: "Where the agent posts what it makes of a delivery",
          load: async () => [
            ...connectors.map((connector) => ({ label: `$(plug) ${connector}`, value: { connector } })),
            {
              label: "$(inbox) Nowhere Yet",
              description: "deliveries are only kept",
              value: { connector: null },
            },
          ],
        });
        return take(outcome, ({ connector }) => ({ ...draft, connector }));
      },
    },
    {
      id: "conversation",
      title: "Add a Webhook: Channel",
      applies: ({ connector }) => connector !== null,
      ask: async (draft, place) => {
        const outcome = await askText({
          place,
          value: draft.conversation,
          prompt:
            "Id of the channel; in Discord, turn on Developer Mode, right-click the channel and copy its id.",
          fault: (text) => (/^\d{16,20}$/.test(text.trim()) ? null : "A channel id has 16 to 20 digits."),
        });
        return take(outcome, (text) => ({ ...draft, conversation: text.trim() }));
      },
    },
  ];
}
