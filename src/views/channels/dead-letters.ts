import * as vscode from "vscode";
import type { LogsResponse } from "../../contracts/http-channels.ts";
import { undeliveredSentence } from "../../contracts/route-reasons.ts";
import { askChoice } from "../wizard/quick-input.ts";
import { agoWords } from "../wording.ts";
import type { ChannelDesk } from "./channel-desk.ts";

type Letter = LogsResponse["dead_letters"][number];

/** Shows a connector's undeliverable messages; each can be sent again or let go. The list stays open for the next one. */
export async function manageDeadLetters(desk: ChannelDesk, connectorId: string): Promise<void> {
  for (;;) {
    const outcome = await askChoice<Letter>({
      place: { title: `Undeliverable Messages of ${connectorId}`, step: 1, total: 1, canGoBack: false },
      placeholder: "Choose a message to send it again or let it go",
      load: async () => {
        const { dead_letters } = await desk.logs(connectorId);
        if (dead_letters.length === 0) return [{ label: "$(check) Every message was delivered" }];
        return dead_letters.map((letter) => ({
          label: `$(mail) ${excerpt(letter.text)}`,
          description: agoWords(Date.now() - letter.created_at_unix_ms),
          detail: excerpt(undeliveredSentence(letter.reason)),
          value: letter,
        }));
      },
    });
    if (outcome.kind !== "next") return;
    await decide(desk, connectorId, outcome.draft);
  }
}

async function decide(desk: ChannelDesk, connectorId: string, letter: Letter): Promise<void> {
  const outcome = await askChoice<"replay" | "discard">({
    place: { title: excerpt(letter.text), step: 1, total: 1, canGoBack: true },
    placeholder: excerpt(undeliveredSentence(letter.reason)),
    load: async () => [
      { label: "$(debug-rerun) Send Again", value: "replay" },
      { label: "$(trash) Let Go…", description: "it is never sent", value: "discard" },
    ],
  });
  if (outcome.kind !== "next") return;
  if (outcome.draft === "discard") {
    const agree = "Let Go";
    const detail = "The message is lost: it is never sent.";
    const chosen = await vscode.window.showWarningMessage(
      "Let this message go?",
      { modal: true, detail },
      agree,
    );
    if (chosen !== agree) return;
  }
  const sentence = await desk.deadLetter(connectorId, letter.dead_letter_id, outcome.draft);
  void vscode.window.showInformationMessage(sentence);
}

function excerpt(text: string): string {
  const line = text.replaceAll("$(", "$ (").replace(/\s+/g, " ").trim();
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
