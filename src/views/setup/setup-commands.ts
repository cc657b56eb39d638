import * as vscode from "vscode";
import type { SetupStep, SetupStepId } from "../../supervisor/onboarding-progress.ts";
import {
  commandIds,
  contextKeys,
  openWalkthroughCommand,
  settingIds,
  walkthroughId,
} from "../contribution-ids.ts";
import { setupOf } from "../view-state.ts";
import type { ViewStateSource } from "../view-state-source.ts";
import { askChoice, type Entry } from "../wizard/quick-input.ts";
import { isSetupStep, type SetupMarksStore } from "./setup-marks.ts";
import { setupTitles } from "./setup-nodes.ts";

/** How long the walkthrough may take to appear, in milliseconds. */
const shownMs = 2_000;

export interface SetupParts {
  readonly source: ViewStateSource;
  readonly marks: SetupMarksStore;
  readonly extensionId: string;
}

/** What can be done in a step: a command, a word of agreement, or leaving it out for now. */
type Deed = () => Promise<unknown>;

const run =
  (command: string, ...args: readonly unknown[]): Deed =>
  async () =>
    await vscode.commands.executeCommand(command, ...args);

/** The set-up: the walkthrough at the place to go on, and each of its steps. */
export function setupCommands(parts: SetupParts) {
  const { source, marks } = parts;
  const stateRoot = (): string => {
    const { center } = source.state;
    return center.kind === "open" ? center.snapshot.quick_facts.state_root : "";
  };
  const goOn = async (): Promise<void> => {
    await openStep(parts, setupOf(source.state)?.current ?? "done");
  };
  const agree =
    (step: SetupStepId): Deed =>
    async () => {
      await marks.confirm(stateRoot(), step);
      await goOn();
    };
  const deeds: Readonly<Record<SetupStepId, readonly Entry<Deed>[]>> = {
    welcome: [{ label: "$(rocket) Begin", value: agree("welcome") }],
    environment: [{ label: "$(checklist) Make All Checks", value: run(commandIds.runDiagnostics) }],
    stateRoot: [
      { label: "$(check) Keep This Folder", value: agree("stateRoot") },
      { label: "$(folder-opened) Choose Another Folder…", value: chooseStateRoot },
    ],
    gateway: [
      { label: "$(play) Start", value: run(commandIds.start) },
      { label: "$(refresh) Try Again", value: run(commandIds.retry) },
      { label: "$(output) Show Its Log", value: run(commandIds.showLogs, "gateway") },
    ],
    model: [
      {
        label: "$(check) Use the Built-In Model",
        detail: "It answers with what was written: enough to see that everything works, and it needs no key.",
        value: agree("model"),
      },
    ],
    discord: [
      { label: "$(plug) Connect Discord…", value: run(commandIds.connectDiscord) },
      {
        label: "$(beaker) Try It with a Simulated Discord…",
        detail: "Runs on this machine and needs no account.",
        value: run(commandIds.trySimulatedDiscord),
      },
    ],
    browser: [
      { label: "$(file-binary) Choose the Browser Program…", value: chooseBrowser },
      { label: "$(refresh) Look Again", value: run(commandIds.restartService, "browserd") },
    ],
  };
  return {
    setUp: goOn,
    setUpStep: async (argument: unknown): Promise<void> => {
      await tickOff();
      const step = isSetupStep(argument) ? argument : setupOf(source.state)?.current;
      if (step == null) return await goOn();
      const outcome = await askChoice<Deed>({
        place: { title: `Set Up Palyra: ${setupTitles[step]}`, step: 1, total: 1, canGoBack: false },
        placeholder: "What to do",
        load: async () => {
          const found = setupOf(source.state)?.steps.find(({ id }) => id === step);
          const skip: Entry<Deed> = {
            label: "$(debug-step-over) Leave Out for Now",
            value: async () => {
              await marks.skip(stateRoot(), step, true);
              await goOn();
            },
          };
          const isSkippable =
            found?.state === "current" || found?.state === "open" || found?.state === "failed";
          return [...stateEntries(found), ...deeds[step], ...(isSkippable ? [skip] : [])];
        },
      });
      if (outcome.kind !== "next") return;
      // Doing something about a step takes it up again.
      if (setupOf(source.state)?.steps.some(({ id, state }) => id === step && state === "skipped") === true) {
        await marks.skip(stateRoot(), step, false);
      }
      await outcome.draft();
    },
  };
}

/** How the step is: what happened and what helps, where something went wrong. */
function stateEntries(step: SetupStep | undefined): readonly Entry<Deed>[] {
  if (step === undefined) return [];
  const icon = step.problem !== null ? "error" : step.state === "done" ? "pass" : "info";
  const detail = step.problem?.next_step;
  return [
    {
      label: `$(${icon}) ${step.problem?.message ?? step.detail}`,
      ...(detail === undefined ? {} : { detail }),
    },
  ];
}

async function openStep({ extensionId }: SetupParts, step: SetupStepId | "done"): Promise<void> {
  const place = { category: `${extensionId}#${walkthroughId}`, step };
  const shown = walkthroughShown();
  await vscode.commands.executeCommand(openWalkthroughCommand, place, false);
  await shown;
  await tickOff();
}

/** Resolves when a page that is no document is in front, as a walkthrough is, or after a while. */
function walkthroughShown(): Promise<void> {
  const { tabGroups } = vscode.window;
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      subscription.dispose();
      resolve();
    };
    const look = (): void => {
      const tab = tabGroups.activeTabGroup.activeTab;
      if (tab !== undefined && tab.input === undefined) finish();
    };
    const timer = setTimeout(finish, shownMs);
    const subscription = tabGroups.onDidChangeTabs(look);
    look();
  });
}

/** VS Code ticks a step off when its condition turns true, and takes no notice of that before a walkthrough was opened. */
async function tickOff(): Promise<void> {
  await vscode.commands.executeCommand("setContext", contextKeys.setupShown, true);
}

async function chooseStateRoot(): Promise<void> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel: "Keep Palyra's State Here",
    })) ?? [];
  if (folder !== undefined) await write(settingIds.stateRoot, folder.fsPath);
}

async function chooseBrowser(): Promise<void> {
  const [program] = (await vscode.window.showOpenDialog({ openLabel: "Use This Browser" })) ?? [];
  if (program === undefined) return;
  await write(settingIds.browserPath, program.fsPath);
  await vscode.commands.executeCommand(commandIds.restartService, "browserd");
}

async function write(setting: string, value: string): Promise<void> {
  await vscode.workspace.getConfiguration().update(setting, value, vscode.ConfigurationTarget.Global);
}
