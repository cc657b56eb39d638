import type * as vscode from "vscode";
import {
  noMarks,
  type SetupMarks,
  type SetupStepId,
  setupSteps,
} from "../../supervisor/onboarding-progress.ts";
import type { ViewStateSource } from "../view-state-source.ts";

const key = "palyra.setup";

/** Remembers what the user said of the set-up of each state root, and shows it at once. */
export class SetupMarksStore {
  readonly #memento: vscode.Memento;
  readonly #source: ViewStateSource;

  constructor(memento: vscode.Memento, source: ViewStateSource) {
    this.#memento = memento;
    this.#source = source;
    const setup = marksOf(memento.get(key));
    source.update((state) => ({ ...state, setup }));
  }

  /** The step was read and agreed to. */
  async confirm(stateRoot: string, step: SetupStepId): Promise<void> {
    await this.#change(stateRoot, ({ confirmed, skipped }) => ({
      confirmed: [...new Set([...confirmed, step])],
      skipped: skipped.filter((other) => other !== step),
    }));
  }

  /** The step is left out, or taken up again. */
  async skip(stateRoot: string, step: SetupStepId, isSkipped: boolean): Promise<void> {
    await this.#change(stateRoot, ({ confirmed, skipped }) => {
      const others = skipped.filter((other) => other !== step);
      return { confirmed, skipped: isSkipped ? [...others, step] : others };
    });
  }

  async #change(stateRoot: string, change: (marks: SetupMarks) => SetupMarks): Promise<void> {
    // Another window may have written in the meantime.
    const all = marksOf(this.#memento.get(key));
    const setup = { ...all, [stateRoot]: change(all[stateRoot] ?? noMarks) };
    this.#source.update((state) => ({ ...state, setup }));
    await this.#memento.update(key, setup);
  }
}

/** What was stored, as far as it makes sense. */
function marksOf(stored: unknown): Readonly<Record<string, SetupMarks>> {
  if (typeof stored !== "object" || stored === null) return {};
  const entries = Object.entries(stored).map(([root, marks]: [string, unknown]) => {
    const { confirmed, skipped } = (typeof marks === "object" && marks !== null ? marks : {}) as Partial<
      Record<keyof SetupMarks, unknown>
    >;
    return [root, { confirmed: stepsOf(confirmed), skipped: stepsOf(skipped) }] as const;
  });
  return Object.fromEntries(entries);
}

function stepsOf(stored: unknown): readonly SetupStepId[] {
  return Array.isArray(stored) ? setupSteps.filter((step) => stored.includes(step)) : [];
}

/** Whether a text is the id of a step. */
export function isSetupStep(text: unknown): text is SetupStepId {
  return setupSteps.some((step) => step === text);
}
