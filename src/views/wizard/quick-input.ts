import * as vscode from "vscode";
import { detailsOf } from "../../platform/errors.ts";
import { back, cancel, next, type StepOutcome, type WizardPlace } from "./wizard.ts";

/** How long typing rests before what depends on it is worked out anew, in milliseconds. */
const restMs = 350;

/** An entry of a list that can be chosen, looked at, or does something and leaves the list open. */
export interface Entry<T> {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  /** The answer; an entry without one is only to be read. */
  readonly value?: T;
  /** Done when it is chosen; the list stays, and is loaded again when this resolves to true. */
  readonly act?: () => Promise<boolean>;
  readonly kind?: "separator";
}

export interface ChoiceOptions<T> {
  readonly place: WizardPlace;
  readonly placeholder: string;
  /** Text in the input box at first. */
  readonly value?: string;
  /**
   * The entries; asked again when an entry wants it, and, with `isTyped`, when the text changes.
   * What it throws is shown as an entry with its next step, beside one to try again.
   */
  readonly load: (typed: string, signal: AbortSignal) => Promise<readonly Entry<T>[]>;
  /** The text in the box is an answer of its own, not a filter for the entries. */
  readonly isTyped?: boolean;
  /** Goes on while the list is open; its result is an answer too. Its signal fires when the list is left. */
  readonly meanwhile?: (signal: AbortSignal) => Promise<T>;
}

interface Item<T> extends vscode.QuickPickItem {
  readonly entry: Entry<T>;
}

/** Asks for one of some entries, which may take a while to come. */
export async function askChoice<T>(options: ChoiceOptions<T>): Promise<StepOutcome<T>> {
  const pick = vscode.window.createQuickPick<Item<T>>();
  decorate(pick, options.place);
  pick.placeholder = options.placeholder;
  pick.value = options.value ?? "";
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  try {
    return await new Promise<StepOutcome<T>>((resolve) => new OpenChoice(pick, options, resolve).show());
  } finally {
    pick.dispose();
  }
}

/** A list that is shown. */
class OpenChoice<T> {
  readonly #pick: vscode.QuickPick<Item<T>>;
  readonly #options: ChoiceOptions<T>;
  readonly #resolve: (outcome: StepOutcome<T>) => void;
  /** Ends what goes on while the list is open. */
  readonly #leaving = new AbortController();
  #loading = new AbortController();
  #rest: NodeJS.Timeout | undefined;
  #isWaiting = false;
  /** Why what was waited for failed. */
  #failure: readonly Entry<T>[] = [];

  constructor(
    pick: vscode.QuickPick<Item<T>>,
    options: ChoiceOptions<T>,
    resolve: (outcome: StepOutcome<T>) => void,
  ) {
    this.#pick = pick;
    this.#options = options;
    this.#resolve = resolve;
  }

  show(): void {
    this.#pick.onDidTriggerButton(() => this.#finish(back));
    this.#pick.onDidHide(() => this.#finish(cancel));
    this.#pick.onDidChangeValue(() => this.#typed());
    this.#pick.onDidAccept(() => this.#accepted());
    this.#pick.show();
    this.#wait();
    void this.#refresh();
  }

  #finish(outcome: StepOutcome<T>): void {
    clearTimeout(this.#rest);
    this.#loading.abort();
    this.#leaving.abort();
    this.#resolve(outcome);
  }

  #typed(): void {
    if (this.#options.isTyped !== true) return;
    clearTimeout(this.#rest);
    // What is shown belongs to what was typed before.
    this.#pick.busy = true;
    this.#pick.items = this.#pick.items.filter(({ entry }) => entry.value === undefined);
    this.#rest = setTimeout(() => void this.#refresh(), restMs);
  }

  #accepted(): void {
    const [chosen] = this.#pick.selectedItems;
    if (chosen === undefined) return;
    const { value, act } = chosen.entry;
    if (value !== undefined) this.#finish(next(value));
    else if (act !== undefined) void this.#act(act);
  }

  async #act(act: () => Promise<boolean>): Promise<void> {
    try {
      if (await act()) await this.#refresh();
    } catch (thrown) {
      this.#failure = problemEntries(thrown);
      await this.#refresh();
    }
  }

  async #refresh(): Promise<void> {
    this.#loading.abort();
    const mine = new AbortController();
    this.#loading = mine;
    this.#pick.busy = true;
    let entries: readonly Entry<T>[];
    try {
      entries = await this.#options.load(this.#pick.value, mine.signal);
    } catch (thrown) {
      entries = [...problemEntries<T>(thrown), tryAgain(async () => true)];
    }
    if (mine.signal.aborted) return;
    this.#pick.busy = this.#isWaiting;
    const isTyped = this.#options.isTyped === true;
    this.#pick.items = [...this.#failure, ...entries].map((entry) => itemOf(entry, isTyped));
  }

  #wait(): void {
    const { meanwhile } = this.#options;
    if (meanwhile === undefined) return;
    this.#isWaiting = true;
    this.#failure = [];
    meanwhile(this.#leaving.signal).then(
      (value) => this.#finish(next(value)),
      (thrown: unknown) => {
        if (this.#leaving.signal.aborted) return;
        this.#isWaiting = false;
        const again = tryAgain<T>(async () => {
          this.#wait();
          return true;
        });
        this.#failure = [...problemEntries<T>(thrown), again];
        void this.#refresh();
      },
    );
  }
}

export interface TextOptions {
  readonly place: WizardPlace;
  readonly prompt: string;
  readonly value?: string;
  readonly placeholder?: string;
  readonly isPassword?: boolean;
  /** What is wrong with the text; null when it can be taken. */
  readonly fault: (text: string) => string | null;
}

/** Asks for a text. A fault is shown when the text is to be taken, and while it is mended. */
export async function askText(options: TextOptions): Promise<StepOutcome<string>> {
  const { place, fault } = options;
  const box = vscode.window.createInputBox();
  decorate(box, place);
  box.prompt = options.prompt;
  box.value = options.value ?? "";
  box.placeholder = options.placeholder;
  box.password = options.isPassword === true;
  return await new Promise<StepOutcome<string>>((resolve) => {
    const finish = (outcome: StepOutcome<string>): void => {
      resolve(outcome);
      box.dispose();
    };
    box.onDidTriggerButton(() => finish(back));
    box.onDidHide(() => finish(cancel));
    box.onDidChangeValue((text) => {
      if (box.validationMessage !== undefined) box.validationMessage = fault(text) ?? undefined;
    });
    box.onDidAccept(() => {
      const problem = fault(box.value);
      box.validationMessage = problem ?? undefined;
      if (problem === null) finish(next(box.value));
    });
    box.show();
  });
}

/**
 * Shows that something is under way; leaving the list ends it.
 * @throws what `work` throws
 */
export async function whileWorking<T>(
  place: WizardPlace,
  sentence: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<StepOutcome<T>> {
  type Result = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly thrown: unknown };
  const outcome = await askChoice<Result>({
    place: { ...place, canGoBack: false },
    placeholder: sentence,
    load: async () => [{ label: `$(loading~spin) ${sentence}`, detail: "Escape ends it." }],
    meanwhile: (signal) =>
      work(signal).then(
        (value) => ({ ok: true, value }),
        (thrown: unknown) => ({ ok: false, thrown }),
      ),
  });
  if (outcome.kind !== "next") return outcome;
  if (outcome.draft.ok) return next(outcome.draft.value);
  throw outcome.draft.thrown;
}

/** A failure as an entry: what happened, and what helps. */
export function problemEntries<T>(thrown: unknown): readonly Entry<T>[] {
  const { message, next_step } = detailsOf(thrown);
  return [{ label: `$(error) ${message}`, detail: next_step }];
}

function tryAgain<T>(act: () => Promise<boolean>): Entry<T> {
  return { label: "$(refresh) Try Again", act };
}

function decorate(
  input: Pick<vscode.InputBox, "title" | "step" | "totalSteps" | "ignoreFocusOut" | "buttons">,
  place: WizardPlace,
): void {
  input.title = place.title;
  if (place.total > 1) {
    input.step = place.step;
    input.totalSteps = place.total;
  }
  // A look at Discord's page in a browser must not end the dialogue.
  input.ignoreFocusOut = true;
  input.buttons = place.canGoBack ? [vscode.QuickInputButtons.Back] : [];
}

function itemOf<T>(entry: Entry<T>, isTyped: boolean): Item<T> {
  const { label, description, detail } = entry;
  return {
    label,
    ...(description === undefined ? {} : { description }),
    ...(detail === undefined ? {} : { detail }),
    ...(entry.kind === "separator" ? { kind: vscode.QuickPickItemKind.Separator } : {}),
    // What was typed is no filter there.
    alwaysShow: isTyped,
    entry,
  };
}
