import { AccountDesk } from "./account-desk.ts";
import type { AccountTurns } from "./account-turns.ts";
import { OnboardingDesk } from "./onboarding-desk.ts";
import type { OnboardingParts } from "./onboarding-parts.ts";

/** The desks that set up, change and remove accounts; their changes follow each other. */
export function openOnboarding(
  parts: OnboardingParts,
  turns: AccountTurns,
): { desk: OnboardingDesk; accounts: AccountDesk } {
  const desk = new OnboardingDesk(parts, turns);
  return { desk, accounts: new AccountDesk(parts, turns, desk) };
}
