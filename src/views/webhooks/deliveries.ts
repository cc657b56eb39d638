import * as vscode from "vscode";
import { deliveryWords } from "../../contracts/delivery-words.ts";
import type { WebhookDelivery } from "../../contracts/http-webhooks.ts";
import type { WebhookDeliveryState } from "../../contracts/webhook.ts";
import { askChoice } from "../wizard/quick-input.ts";
import { agoWords } from "../wording.ts";
import type { WebhookDesk } from "./webhook-desk.ts";

const words: Readonly<Record<WebhookDeliveryState, readonly [icon: string, word: string]>> = {
  received: ["history", "waits for its turn"],
  failed: ["sync", "is tried again"],
  held: ["question", "waits for you"],
  done: ["pass", "done"],
  dead: ["error", "given up"],
  discarded: ["trash", "let go"],
};

/** Shows the deliveries of a webhook; what was given up or waits can be tried again or let go. */
export async function manageDeliveries(desk: WebhookDesk, integrationId: string): Promise<void> {
  for (;;) {
    const outcome = await askChoice<WebhookDelivery>({
      place: { title: `Deliveries of ${integrationId}`, step: 1, total: 1, canGoBack: false },
      placeholder: "Newest first",
      load: async () => {
        const deliveries = await desk.deliveries(integrationId);
        if (deliveries.length === 0) return [{ label: "$(info) Nothing has come yet" }];
        return deliveries.map((delivery) => {
          const [icon, word] = words[delivery.state];
          const detail = deliveryWords(delivery);
          return {
            label: `$(${icon}) ${delivery.event ?? "event without a name"}`,
            description: `${word} · ${agoWords(Date.now() - delivery.received_at_unix_ms)}`,
            ...(detail === "" ? {} : { detail }),
            ...(delivery.state === "dead" || delivery.state === "held" ? { value: delivery } : {}),
          };
        });
      },
    });
    if (outcome.kind !== "next") return;
    await decide(desk, outcome.draft);
  }
}

async function decide(desk: WebhookDesk, { delivery_id, event }: WebhookDelivery): Promise<void> {
  const outcome = await askChoice<"replay" | "discard">({
    place: { title: event ?? "Delivery", step: 1, total: 1, canGoBack: true },
    placeholder: "What to do",
    load: async () => [
      { label: "$(debug-rerun) Try Again", value: "replay" },
      { label: "$(trash) Let Go…", description: "it never has an effect", value: "discard" },
    ],
  });
  if (outcome.kind !== "next") return;
  if (outcome.draft === "discard") {
    const agree = "Let Go";
    const detail = "The delivery is lost: it never has an effect.";
    const chosen = await vscode.window.showWarningMessage(
      "Let this delivery go?",
      { modal: true, detail },
      agree,
    );
    if (chosen !== agree) return;
  }
  await desk.decide(delivery_id, outcome.draft);
}
