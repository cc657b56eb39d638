import * as vscode from "vscode";
import type { Webhook } from "../../contracts/http-webhooks.ts";
import type { ControlCenterHolder } from "../control-center-holder.ts";
import { askChoice, askText } from "../wizard/quick-input.ts";
import type { WizardPlace } from "../wizard/wizard.ts";
import { addWebhook } from "./add-webhook.ts";
import { manageDeliveries } from "./deliveries.ts";
import { webhookOfArgument } from "./webhook-argument.ts";
import type { WebhookDesk } from "./webhook-desk.ts";
import { noWebhook, webhookEntries } from "./webhook-entries.ts";

export interface WebhookParts {
  readonly holder: ControlCenterHolder;
  readonly webhooks: WebhookDesk;
}

type Deed = (webhook: Webhook) => Promise<unknown>;
type Deeds = Readonly<Record<"enable" | "disable" | "test" | "remove" | "deliveries" | "copyAddress", Deed>>;
type Fits = (webhook: Webhook) => boolean;

/** Commands about webhooks. The integration is given by its id; else it is asked for. */
export function webhookCommands({ holder, webhooks: desk }: WebhookParts) {
  const deeds = {
    enable: ({ integration_id }: Webhook) => desk.setEnabled(integration_id, true),
    disable: ({ integration_id }: Webhook) => desk.setEnabled(integration_id, false),
    test: (webhook: Webhook) => test(desk, webhook),
    remove: (webhook: Webhook) => remove(desk, webhook),
    deliveries: ({ integration_id }: Webhook) => manageDeliveries(desk, integration_id),
    copyAddress: (webhook: Webhook) => copyAddress(holder, webhook),
  } satisfies Deeds;
  const on =
    (verb: string, fits: Fits, deed: Deed) =>
    async (argument: unknown): Promise<void> => {
      const webhook = await choose(desk, argument, verb, fits);
      if (webhook !== null) await deed(webhook);
    };
  const always: Fits = () => true;
  return {
    manageWebhooks: async (argument: unknown): Promise<void> => {
      const given = await find(desk, argument);
      if (given !== null) return await manage(given, deeds);
      for (;;) {
        const chosen = await chooseOrAdd(desk);
        if (chosen === null) return;
        if (chosen === "add") await addWebhook(holder, desk);
        else await manage(chosen, deeds);
      }
    },
    addWebhook: async (): Promise<void> => await addWebhook(holder, desk),
    enableWebhook: on("switch on", ({ enabled }) => !enabled, deeds.enable),
    disableWebhook: on("switch off", ({ enabled }) => enabled, deeds.disable),
    testWebhook: on("test", always, deeds.test),
    removeWebhook: on("remove", always, deeds.remove),
    showDeliveries: on("see the deliveries of", always, deeds.deliveries),
  };
}

const place = (title: string, canGoBack = false): WizardPlace => ({ title, step: 1, total: 1, canGoBack });

/** The webhook that an argument names, if there is one. */
async function find(desk: WebhookDesk, argument: unknown): Promise<Webhook | null> {
  const wanted = webhookOfArgument(argument);
  if (wanted === null) return null;
  const { integrations } = await desk.list();
  return integrations.find(({ integration_id }) => integration_id === wanted) ?? null;
}

async function choose(
  desk: WebhookDesk,
  argument: unknown,
  verb: string,
  fits: Fits,
): Promise<Webhook | null> {
  const given = await find(desk, argument);
  if (given !== null) return given;
  const outcome = await askChoice<Webhook>({
    place: place("Webhooks"),
    placeholder: `Choose the webhook to ${verb}`,
    load: async () => {
      const entries = webhookEntries(await desk.list(), fits);
      return entries.length > 0 ? entries : [noWebhook(verb)];
    },
  });
  return outcome.kind === "next" ? outcome.draft : null;
}

async function chooseOrAdd(desk: WebhookDesk): Promise<Webhook | "add" | null> {
  const outcome = await askChoice<Webhook | "add">({
    place: place("Webhooks"),
    placeholder: "Choose a webhook to see and change it",
    load: async () => [
      ...webhookEntries(await desk.list(), () => true),
      {
        label: "$(add) Add a Webhook…",
        description: "a sender calls it, and the agent answers",
        value: "add",
      },
    ],
  });
  return outcome.kind === "next" ? outcome.draft : null;
}

async function manage(webhook: Webhook, deeds: Deeds): Promise<void> {
  const deed = await chooseDeed(webhook, deeds);
  if (deed !== null) await deed(webhook);
}

async function chooseDeed(webhook: Webhook, deeds: Deeds): Promise<Deed | null> {
  const { display_name, enabled } = webhook;
  const outcome = await askChoice<Deed>({
    place: place(display_name, true),
    placeholder: "What to do",
    load: async () => [
      { label: "$(list-flat) Deliveries…", value: deeds.deliveries },
      { label: "$(beaker) Test", description: "nothing happens with it", value: deeds.test },
      { label: "$(copy) Copy Its Address", value: deeds.copyAddress },
      enabled
        ? { label: "$(circle-slash) Switch Off", value: deeds.disable }
        : { label: "$(play-circle) Switch On", value: deeds.enable },
      { label: "$(trash) Remove…", value: deeds.remove },
    ],
  });
  return outcome.kind === "next" ? outcome.draft : null;
}

async function test(
  desk: WebhookDesk,
  { integration_id, display_name, allowed_events }: Webhook,
): Promise<void> {
  const outcome = await askText({
    place: place(`Test ${display_name}`),
    value: JSON.stringify({ event: allowed_events[0] ?? "test", message: "hello" }),
    prompt:
      "A payload as its sender would send it, in JSON. It is signed and judged; nothing happens with it.",
    fault: (text) => (parsed(text) === null ? "This is no JSON object." : null),
  });
  if (outcome.kind !== "next") return;
  const { valid, message } = await desk.test(integration_id, parsed(outcome.draft) ?? {});
  const show = valid ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
  void show(`${display_name}: ${message}`);
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    // Said to the user while it is typed.
    return null;
  }
}

async function remove(desk: WebhookDesk, { integration_id, display_name }: Webhook): Promise<void> {
  const agree = "Remove";
  const detail =
    "It is taken out of webhooks.toml, and its sender is refused from then on. Its secret stays in the secret store.";
  const chosen = await vscode.window.showWarningMessage(
    `Remove “${display_name}”?`,
    { modal: true, detail },
    agree,
  );
  if (chosen === agree) await desk.remove(integration_id);
}

async function copyAddress(holder: ControlCenterHolder, { path }: Webhook): Promise<void> {
  const { gateway_url } = (await holder.current()).snapshot.quick_facts;
  await vscode.env.clipboard.writeText(`${gateway_url ?? ""}${path}`);
  void vscode.window.showInformationMessage(
    "The address is on the clipboard. Senders outside of this machine need a tunnel to it.",
  );
}
