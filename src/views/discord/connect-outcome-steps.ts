import * as vscode from "vscode";
import type { ApplyResponse, VerifyResponse } from "../../contracts/http-onboarding.ts";
import { commandIds } from "../contribution-ids.ts";
import { askChoice, type Entry, problemEntries, whileWorking } from "../wizard/quick-input.ts";
import { cancel, next, type StepOutcome, type WizardPlace } from "../wizard/wizard.ts";
import type { DiscordDesk } from "./discord-desk.ts";
import { previewEntries, warningEntries } from "./discord-entries.ts";
import { type DiscordStep, title } from "./discord-step.ts";
import { credentialOf, type DiscordDraft, planOf, possibleReach, wantsServer } from "./draft.ts";

const testText = "Hello, this is a test message from Palyra. Mention me to see that I answer.";

/** Shows what will be, and connects. Whatever fails leaves everything as it was. */
export function reviewStep(desk: DiscordDesk): DiscordStep {
  return {
    id: "review",
    title: title("Review"),
    applies: () => true,
    ask: async (draft, place) => {
      let failure: readonly Entry<true>[] = [];
      for (;;) {
        const before = failure;
        const outcome = await askChoice<true>({
          place,
          placeholder: "Nothing has been changed yet",
          load: async (_typed, signal) => {
            const preflight = await desk.probe(requestOf(draft), signal);
            const connect: Entry<true> = {
              label: before.length === 0 ? "$(plug) Connect" : "$(refresh) Try Again",
              description: preflight.bot === null ? "" : `@${preflight.bot.username}`,
              value: true,
            };
            return [
              ...before,
              connect,
              ...previewEntries<true>(preflight),
              ...warningEntries<true>(preflight),
            ];
          },
        });
        if (outcome.kind !== "next") return outcome;
        if (!(await isAgreed(draft))) continue;
        try {
          const applied = await whileWorking(place, "Connecting…", (signal) => connect(desk, draft, signal));
          if (applied.kind === "next") return next({ ...draft, token: null, applied: applied.draft });
          void vscode.window.showInformationMessage("Discord was not connected; everything is as it was.");
          return cancel;
        } catch (thrown) {
          failure = [...problemEntries<true>(thrown), { label: "$(info) Everything is as it was" }];
        }
      }
    },
  };
}

async function connect(desk: DiscordDesk, draft: DiscordDraft, signal: AbortSignal): Promise<ApplyResponse> {
  const confirm_open_guild_channels = isOpen(draft);
  return await desk.apply({ ...requestOf(draft), confirm_open_guild_channels }, signal);
}

function requestOf(draft: DiscordDraft) {
  const channel = draft.channel === null ? {} : { verify_channel_id: draft.channel.channel_id };
  return { ...credentialOf(draft), plan: planOf(draft), ...channel };
}

function isOpen(draft: DiscordDraft): boolean {
  const reach = possibleReach(draft);
  return reach === "server" || reach === "everywhere";
}

/** Everybody being answered is agreed to once more. */
async function isAgreed(draft: DiscordDraft): Promise<boolean> {
  if (!isOpen(draft)) return true;
  const where =
    draft.choices.reach === "server"
      ? `every channel of ${draft.guild?.name ?? "the server"}`
      : "every server of the bot";
  const agree = "Connect";
  const chosen = await vscode.window.showWarningMessage(
    `Answer in ${where}?`,
    { modal: true, detail: "Everybody who can write there can use the bot, and what it costs." },
    agree,
  );
  return chosen === agree;
}

/** Sends a message into the channel, if the user likes. */
export function testMessageStep(desk: DiscordDesk): DiscordStep {
  return {
    id: "test-message",
    title: title("Test Message"),
    isFinal: true,
    applies: wantsServer,
    ask: async (draft, place) => {
      let told: readonly Entry<"send" | "skip">[] = [];
      for (;;) {
        const before = told;
        const outcome = await askChoice<"send" | "skip">({
          place,
          placeholder: "The bot is connected. See whether it can write",
          load: async () => [
            ...before,
            {
              label: `$(send) Send a Test Message to #${draft.channel?.name ?? ""}`,
              description: "people will see it",
              value: "send",
            },
            { label: "$(arrow-right) Continue Without", value: "skip" },
          ],
        });
        if (outcome.kind !== "next") return ended(draft, outcome);
        if (outcome.draft === "skip") return next(draft);
        try {
          const sent = await sendTest(desk, draft, place);
          if (sent === null) return next(draft);
          told = sent;
        } catch (thrown) {
          told = problemEntries(thrown);
        }
      }
    },
  };
}

/** @returns why it did not arrive; null when it did, or nobody waits for it any more */
async function sendTest(
  desk: DiscordDesk,
  { applied, channel }: DiscordDraft,
  place: WizardPlace,
): Promise<readonly Entry<"send" | "skip">[] | null> {
  const connector = applied?.connector_id ?? "";
  const sent = await whileWorking(place, "Sending…", () =>
    desk.testSend(connector, channel?.channel_id ?? "", testText),
  );
  if (sent.kind !== "next") return null;
  const { delivered, reason, waiting } = sent.draft;
  if (delivered > 0) return null;
  if (waiting > 0) return [{ label: "$(history) The message waits and is sent as soon as that is possible" }];
  return [{ label: `$(error) The message was not delivered: ${reason ?? "no reason is known"}` }];
}

/** Waits until somebody writes to the bot, and tells what became of it. */
export function verifyStep(desk: DiscordDesk): DiscordStep {
  return {
    id: "verify",
    title: title("First Message"),
    isFinal: true,
    applies: () => true,
    ask: async (draft, place) => {
      let told: readonly Entry<VerifyResponse | "finish">[] = [];
      for (;;) {
        const before = told;
        const outcome = await askChoice<VerifyResponse | "finish">({
          place,
          placeholder: invitation(draft),
          load: async () => [
            ...before,
            {
              label: `$(loading~spin) ${invitation(draft)}`,
              detail: "This goes on by itself when it comes.",
            },
            ...simulatedEntries(draft),
            { label: "$(check) Finish Without Waiting", value: "finish" },
          ],
          meanwhile: (signal) => desk.verify(draft.account, null, signal),
        });
        if (outcome.kind !== "next") return ended(draft, outcome);
        if (outcome.draft === "finish" || outcome.draft.outcome === "answered") {
          void tellEnd(draft, outcome.draft);
          return next(draft);
        }
        const { message, next_step } = outcome.draft;
        told = [{ label: `$(warning) ${message}`, ...(next_step === null ? {} : { detail: next_step }) }];
      }
    },
  };
}

function invitation({ applied, channel, choices }: DiscordDraft): string {
  const name = `@${applied?.connector?.identity ?? applied?.preflight.bot?.username ?? "the bot"}`;
  return channel === null || choices.reach === "direct"
    ? `Write ${name} a direct message now`
    : `Write “${name} hello” in #${channel.name} now`;
}

function simulatedEntries({ simulatedPage }: DiscordDraft): readonly Entry<VerifyResponse | "finish">[] {
  if (simulatedPage === null) return [];
  const open = async (): Promise<boolean> => {
    await vscode.env.openExternal(vscode.Uri.parse(simulatedPage, true));
    return false;
  };
  return [{ label: "$(link-external) Open the Simulated Discord", description: simulatedPage, act: open }];
}

/** Leaving now undoes nothing: the account is connected. */
function ended(draft: DiscordDraft, outcome: StepOutcome<unknown>): StepOutcome<DiscordDraft> {
  return outcome.kind === "back" ? outcome : next(draft);
}

async function tellEnd(draft: DiscordDraft, result: VerifyResponse | "finish"): Promise<void> {
  const sentence =
    result === "finish"
      ? `The Discord account “${draft.account}” is connected.`
      : `${result.message} The Discord account “${draft.account}” works.`;
  const open = "Open Control Center";
  const chosen = await vscode.window.showInformationMessage(sentence, open);
  if (chosen === open) await vscode.commands.executeCommand(commandIds.openControlCenter);
}
