import * as vscode from "vscode";
import { askChoice, type Entry } from "../wizard/quick-input.ts";
import { durationWords } from "../wording.ts";
import type { ChannelDesk } from "./channel-desk.ts";

interface Person {
  readonly sender: string;
  readonly isPaired: boolean;
}

/** Shows who asked to be paired and who is, with what can be decided about each. The list stays open. */
export async function managePairings(desk: ChannelDesk, connectorId: string): Promise<void> {
  for (;;) {
    const outcome = await askChoice<Person>({
      place: { title: `Pairings of ${connectorId}`, step: 1, total: 1, canGoBack: false },
      placeholder: "Choose a person to decide about",
      load: () => personEntries(desk, connectorId),
    });
    if (outcome.kind !== "next") return;
    await decide(desk, connectorId, outcome.draft);
  }
}

async function personEntries(desk: ChannelDesk, connectorId: string): Promise<readonly Entry<Person>[]> {
  const { pending, paired, active_codes } = await desk.pairings(connectorId);
  const left = (expires: number): string => `${durationWords(Math.max(0, expires - Date.now()))} left`;
  const entries: Entry<Person>[] = [
    ...pending.map(({ sender, expires_at_unix_ms }) => ({
      label: `$(question) ${sender}`,
      description: `asks to be paired, ${left(expires_at_unix_ms)}`,
      value: { sender, isPaired: false },
    })),
    ...paired.map(({ sender, expires_at_unix_ms }) => ({
      label: `$(pass) ${sender}`,
      description: `paired, ${left(expires_at_unix_ms)}`,
      value: { sender, isPaired: true },
    })),
    ...active_codes.map(({ code, expires_at_unix_ms }) => ({
      label: `$(key) Code ${code}`,
      description: `not used yet, ${left(expires_at_unix_ms)}`,
    })),
  ];
  if (entries.length > 0) return entries;
  return [{ label: "$(info) Nobody is paired, and nobody asks to be" }];
}

async function decide(desk: ChannelDesk, connectorId: string, { sender, isPaired }: Person): Promise<void> {
  const entries: Entry<"approve" | "deny" | "revoke">[] = isPaired
    ? [{ label: "$(close) End the Pairing…", value: "revoke" }]
    : [
        { label: "$(check) Approve", description: "may write direct messages to the bot", value: "approve" },
        { label: "$(close) Deny", value: "deny" },
      ];
  const outcome = await askChoice({
    place: { title: sender, step: 1, total: 1, canGoBack: true },
    placeholder: isPaired ? "This person may write to the bot" : "This person asks to write to the bot",
    load: async () => entries,
  });
  if (outcome.kind !== "next") return;
  if (outcome.draft === "revoke") {
    const agree = "End the Pairing";
    const detail = "The bot does not answer this person's direct messages any more.";
    const chosen = await vscode.window.showWarningMessage(
      `End the pairing of ${sender}?`,
      { modal: true, detail },
      agree,
    );
    if (chosen !== agree) return;
  }
  await desk.decidePairing(connectorId, sender, outcome.draft);
}
