import * as vscode from "vscode";
import { isSendingPaused } from "../../contracts/sending-paused.ts";
import type { ConnectorStatus } from "../../contracts/sidecar-status.ts";
import { TextDocuments } from "../text-documents.ts";
import type { ViewStateSource } from "../view-state-source.ts";
import { askText } from "../wizard/quick-input.ts";
import { connectorStateWord, count } from "../wording.ts";
import type { ChannelDesk } from "./channel-desk.ts";
import { channelLogText } from "./channel-log.ts";
import { connectorOfArgument } from "./connector-traits.ts";
import { manageDeadLetters } from "./dead-letters.ts";
import { managePairings } from "./pairings.ts";
import { previewRouting } from "./router-preview.ts";

const scheme = "palyra-channel";

export interface ChannelParts {
  readonly desk: ChannelDesk;
  readonly source: ViewStateSource;
}

type Fits = (connector: ConnectorStatus) => boolean;
type Work = (connectorId: string) => Promise<void>;

/** Commands about connectors and their queues: on a tree item, or on one that is asked for. */
export class ChannelCommands implements vscode.Disposable {
  readonly #parts: ChannelParts;
  readonly #documents = new TextDocuments(scheme);

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  dispose(): void {
    this.#documents.dispose();
  }

  /** The action of each command by its name. */
  get actions() {
    const { desk } = this.#parts;
    const operate = (operation: Parameters<ChannelDesk["operate"]>[1]): Work => {
      return async (id) => tell(await desk.operate(id, operation));
    };
    return {
      enableChannel: this.#on(
        "switch on",
        ({ enabled }) => !enabled,
        (id) => desk.setEnabled(id, true),
      ),
      disableChannel: this.#on(
        "switch off",
        ({ enabled }) => enabled,
        async (id) => {
          const detail = "It signs out and answers nobody until it is switched on again. What waits is kept.";
          if (await isSure(`Switch off ${id}?`, detail, "Switch Off")) await desk.setEnabled(id, false);
        },
      ),
      restartChannel: this.#on("connect anew", ({ enabled }) => enabled, operate("restart")),
      pauseQueue: this.#on("pause", (connector) => !isSendingPaused(connector), operate("queue/pause")),
      resumeQueue: this.#on("resume", isSendingPaused, operate("queue/resume")),
      drainQueue: this.#on(
        "send the waiting messages of",
        ({ queue }) => queue.outbox_pending > 0,
        operate("queue/drain"),
      ),
      showDeadLetters: this.#on(
        "see the undeliverable messages of",
        ({ queue }) => queue.dead_letters > 0,
        (id) => manageDeadLetters(desk, id),
      ),
      managePairings: this.#on("see the pairings of", always, (id) => managePairings(desk, id)),
      createPairingCode: this.#on("make a pairing code for", always, (id) => createCode(desk, id)),
      checkChannel: this.#on("check", always, (id) => checkChannel(desk, id)),
      sendTestMessage: this.#on("send a test message with", isReady, (id) => sendTestMessage(desk, id)),
      previewRouting: this.#on("preview the rules of", always, (id) => previewRouting(desk, id)),
      showChannelLog: this.#on("see the events of", always, async (id) => {
        await this.#documents.show(`${id} events.log`, channelLogText(id, await desk.logs(id)));
      }),
    };
  }

  /** Does something with the connector of the argument, or with one of those that fit. */
  #on(verb: string, fits: Fits, work: Work): (argument: unknown) => Promise<void> {
    return async (argument) => {
      const id = connectorOfArgument(argument) ?? (await this.#choose(verb, fits));
      if (id !== null) await work(id);
    };
  }

  async #choose(verb: string, fits: Fits): Promise<string | null> {
    const { center } = this.#parts.source.state;
    const connectors = center.kind === "open" ? (center.snapshot.gateway?.status.connectors ?? []) : [];
    const items = connectors.filter(fits).map((connector) => ({
      label: connector.connector_id,
      description: connectorStateWord(connector),
    }));
    if (items.length === 0) {
      void vscode.window.showInformationMessage(`There is no connector to ${verb} at this moment.`);
      return null;
    }
    if (items.length === 1) return items[0]?.label ?? null;
    const chosen = await vscode.window.showQuickPick(items, {
      placeHolder: `Choose the connector to ${verb}`,
    });
    return chosen?.label ?? null;
  }
}

const always: Fits = () => true;
const isReady: Fits = ({ readiness, liveness }) => readiness === "ready" && liveness === "running";

function tell(sentence: string): void {
  void vscode.window.showInformationMessage(sentence);
}

async function isSure(question: string, detail: string, agree: string): Promise<boolean> {
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, agree)) === agree;
}

async function createCode(desk: ChannelDesk, connectorId: string): Promise<void> {
  const { code, expires_at_unix_ms } = await desk.mintCode(connectorId);
  const minutes = Math.max(1, Math.round((expires_at_unix_ms - Date.now()) / 60_000));
  const copy = "Copy";
  const chosen = await vscode.window.showInformationMessage(
    `Pairing code ${code}: who writes “pair ${code}” to the bot in a direct message within ${count(minutes, "minute", "minutes")} asks to be paired. Then approve the person under “Pairings…”.`,
    copy,
  );
  if (chosen === copy) await vscode.env.clipboard.writeText(code);
}

async function checkChannel(desk: ChannelDesk, connectorId: string): Promise<void> {
  const { refreshed, message, identity, missing_permissions, warnings } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Checking ${connectorId}` },
    () => desk.refreshHealth(connectorId),
  );
  const missing = missing_permissions ?? [];
  const faults = [
    ...(refreshed ? [] : [message ?? "It could not be checked."]),
    ...(missing.length === 0 ? [] : [`The bot lacks: ${missing.join(", ")}.`]),
    ...warnings,
  ];
  if (faults.length > 0) void vscode.window.showWarningMessage(`${connectorId}: ${faults.join(" ")}`);
  else tell(`${connectorId} is in order${identity === null ? "" : `; it is @${identity}`}.`);
}

async function sendTestMessage(desk: ChannelDesk, connectorId: string): Promise<void> {
  const title = `Test Message with ${connectorId}`;
  const target = await askText({
    place: { title, step: 1, total: 2, canGoBack: false },
    prompt: "Id of the channel; in Discord, turn on Developer Mode, right-click the channel and copy its id.",
    fault: (text) => (/^\d{16,20}$/.test(text.trim()) ? null : "A channel id has 16 to 20 digits."),
  });
  if (target.kind !== "next") return;
  const text = await askText({
    place: { title, step: 2, total: 2, canGoBack: false },
    value: "Hello, this is a test message from Palyra.",
    prompt: "People will see it.",
    fault: (typed) => (typed.trim() === "" ? "Write something." : null),
  });
  if (text.kind !== "next") return;
  const { delivered, waiting, reason } = await desk.testSend(connectorId, target.draft.trim(), text.draft);
  if (delivered > 0) tell("The test message was delivered.");
  else if (waiting > 0) tell("The test message waits and is sent as soon as that is possible.");
  else
    void vscode.window.showWarningMessage(
      `The test message was not delivered: ${reason ?? "no reason is known"}`,
    );
}
