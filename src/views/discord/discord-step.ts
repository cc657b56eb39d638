import { next, type StepOutcome, type WizardStep } from "../wizard/wizard.ts";
import type { DiscordDraft } from "./draft.ts";

/** A question of the dialogue “Connect Discord”. */
export type DiscordStep = WizardStep<DiscordDraft>;

/** Maps the answer of a question into the draft; leaving and going back stay what they are. */
export function answered<T>(
  outcome: StepOutcome<T>,
  take: (value: T) => DiscordDraft,
): StepOutcome<DiscordDraft> {
  return outcome.kind === "next" ? next(take(outcome.draft)) : outcome;
}

/** The title of a question. */
export function title(what: string): string {
  return `Connect Discord: ${what}`;
}
