import type { ErrorDetails } from "../contracts/errors.ts";
import type { ServiceKind } from "../contracts/services.ts";
import type { ServiceView } from "../contracts/snapshot.ts";
import type { ViewState } from "./view-state.ts";

/** A service that has stopped for good, and why. */
export interface FailureNotice {
  readonly service: ServiceKind;
  readonly displayName: string;
  readonly problem: ErrorDetails;
}

/**
 * Services that failed between two states. Each failure is told once: what already was so when the control
 * center was opened is not news, and neither is the same problem after another unsuccessful try.
 */
export class FailureNotices {
  readonly #told = new Map<ServiceKind, string>();

  next(before: ViewState, after: ViewState): readonly FailureNotice[] {
    if (after.center.kind !== "open") return [];
    const first = before.center.kind !== "open";
    const notices: FailureNotice[] = [];
    for (const view of after.center.snapshot.services) {
      // A service may serve for weeks and be degraded all the time.
      if (["running", "degraded", "stopped"].includes(view.state)) this.#told.delete(view.service);
      const cause = causeOf(view);
      if (cause === null || this.#told.get(view.service) === cause.key) continue;
      this.#told.set(view.service, cause.key);
      if (!first)
        notices.push({ service: view.service, displayName: view.display_name, problem: cause.problem });
    }
    return notices;
  }
}

function causeOf(view: ServiceView): { key: string; problem: ErrorDetails } | null {
  if (view.state !== "failed" || view.problem === null) return null;
  return { key: view.problem.code, problem: view.problem };
}
