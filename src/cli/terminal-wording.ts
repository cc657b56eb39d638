import { type ErrorCode, type ErrorDetails, errorCatalogue } from "../contracts/errors.ts";
import type { Warning } from "../contracts/snapshot.ts";

/** What helps, for who sits at a terminal: commands instead of the editor's buttons and settings. */
const nextSteps: Partial<Record<ErrorCode, string>> = {
  not_running: "Start it with “palyra up”.",
  secret_missing: "Give the token with “palyra channels login discord”.",
  discord_auth_failed: "Give a valid token with “palyra channels login discord”.",
  crash_loop: "Look at “palyra logs”, mend the cause, then say “palyra restart”.",
  browser_missing:
    "Install Chrome or Chromium, or name one with “palyra up --browser FILE”; “palyra doctor” tells where was looked.",
};

/** An error with its next step as it helps in a terminal. A step that was written for the case stays. */
export function inTerminal(details: ErrorDetails): ErrorDetails {
  const step = nextSteps[details.code];
  if (step === undefined || details.next_step !== errorCatalogue[details.code].nextStep) return details;
  return { ...details, next_step: step };
}

/** A warning with its next step as it helps in a terminal. */
export function inTerminalWords(warning: Warning): Warning {
  const code = codeOf(warning);
  if (code === null) return warning;
  const { next_step } = inTerminal({ code, message: warning.message, next_step: warning.next_step });
  return { ...warning, next_step };
}

/** The ids of warnings end with the code of the problem. */
function codeOf({ id }: Warning): ErrorCode | null {
  const code = id.slice(id.lastIndexOf(":") + 1);
  return Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : null;
}
