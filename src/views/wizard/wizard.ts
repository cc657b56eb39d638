/** Where a step stands, as its title shows it. */
export interface WizardPlace {
  readonly title: string;
  /** From 1. */
  readonly step: number;
  readonly total: number;
  readonly canGoBack: boolean;
}

/** What a step led to: a changed draft, the step before, or the end without a result. */
export type StepOutcome<Draft> =
  | { readonly kind: "next"; readonly draft: Draft }
  | { readonly kind: "back" }
  | { readonly kind: "cancel" };

export interface WizardStep<Draft> {
  readonly id: string;
  readonly title: string;
  /** Whether the step has something to ask, as far as is known now. */
  applies(draft: Draft): boolean;
  /** Whether what was done before this step cannot be taken back by going back. */
  readonly isFinal?: boolean;
  ask(draft: Draft, place: WizardPlace): Promise<StepOutcome<Draft>>;
}

export const back = { kind: "back" } as const;
export const cancel = { kind: "cancel" } as const;

export function next<Draft>(draft: Draft): StepOutcome<Draft> {
  return { kind: "next", draft };
}

/**
 * Where the step with this index stands. Steps that do not apply are not counted, so the total may change with what is
 * answered.
 */
export function placeOf<Draft>(
  steps: readonly WizardStep<Draft>[],
  index: number,
  draft: Draft,
): WizardPlace {
  const isCounted = (step: WizardStep<Draft>, at: number): boolean => at === index || step.applies(draft);
  const counted = steps.filter(isCounted);
  const step = steps[index];
  return {
    title: step?.title ?? "",
    step: counted.indexOf(step as WizardStep<Draft>) + 1,
    total: counted.length,
    canGoBack: previousOf(steps, index, draft) !== null,
  };
}

/** The next step that applies, from `index` on; null at the end. */
export function nextOf<Draft>(
  steps: readonly WizardStep<Draft>[],
  index: number,
  draft: Draft,
): number | null {
  const at = steps.findIndex((step, candidate) => candidate >= index && step.applies(draft));
  return at < 0 ? null : at;
}

/** The step to go back to; null where there is none, or where what was done cannot be taken back. */
export function previousOf<Draft>(
  steps: readonly WizardStep<Draft>[],
  index: number,
  draft: Draft,
): number | null {
  if (steps[index]?.isFinal === true) return null;
  for (let at = index - 1; at >= 0; at -= 1) if (steps[at]?.applies(draft) === true) return at;
  return null;
}

/**
 * Asks step after step.
 * @returns the draft with all answers; null when the user left
 */
export async function runWizard<Draft>(
  steps: readonly WizardStep<Draft>[],
  begin: Draft,
): Promise<Draft | null> {
  let draft = begin;
  let index = nextOf(steps, 0, draft);
  while (index !== null) {
    const step = steps[index];
    if (step === undefined) return draft;
    const outcome = await step.ask(draft, placeOf(steps, index, draft));
    if (outcome.kind === "cancel") return null;
    if (outcome.kind === "back") {
      index = previousOf(steps, index, draft) ?? index;
      continue;
    }
    draft = outcome.draft;
    index = nextOf(steps, index + 1, draft);
  }
  return draft;
}
