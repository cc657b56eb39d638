import { errorCatalogue } from "../contracts/error-catalogue.ts";
import type { ErrorDetails } from "../contracts/errors.ts";
import type { ControlCenterSnapshot } from "../contracts/snapshot.ts";

/** Where a next step is read. What can be done there is not the same: the one has buttons, the other commands. */
export type ReadingPlace = "editor" | "terminal";

/**
 * The next step of an error in the terms of the place where it is read. One that was written for the case at hand
 * stays as it is: it knows more.
 */
export function nextStepIn(place: ReadingPlace, { code, next_step }: ErrorDetails): string {
  const { nextStep, nextStepIn: steps } = errorCatalogue[code];
  return next_step === nextStep ? (steps?.[place] ?? next_step) : next_step;
}

/** An error whose next step is in the terms of the place where it is read. */
export function errorIn(place: ReadingPlace, details: ErrorDetails): ErrorDetails {
  return { ...details, next_step: nextStepIn(place, details) };
}

/** A snapshot whose next steps are all in the terms of the place where it is read. */
export function snapshotIn(place: ReadingPlace, snapshot: ControlCenterSnapshot): ControlCenterSnapshot {
  const here = (problem: ErrorDetails | null) => (problem === null ? null : errorIn(place, problem));
  const { gateway, browserd } = snapshot;
  const all = (problems: readonly ErrorDetails[]) => problems.map((problem) => errorIn(place, problem));
  return {
    ...snapshot,
    services: snapshot.services.map((view) => ({ ...view, problem: here(view.problem) })),
    gateway:
      gateway === null
        ? null
        : {
            ...gateway,
            status: {
              ...gateway.status,
              reasons: all(gateway.status.reasons),
              connectors: gateway.status.connectors.map((connector) => ({
                ...connector,
                last_error: here(connector.last_error),
              })),
            },
          },
    browserd:
      browserd === null
        ? null
        : { ...browserd, status: { ...browserd.status, reasons: all(browserd.status.reasons) } },
    warnings: snapshot.warnings.map((warning) =>
      warning.code === undefined
        ? warning
        : { ...warning, next_step: nextStepIn(place, { ...warning, code: warning.code }) },
    ),
  };
}
