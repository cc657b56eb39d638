import type { AdapterState } from "../../connectors/connector-adapter.ts";
import { PalyraError } from "../../platform/errors.ts";

export interface ConnectionWait {
  /** State of the account's connector; null when it does not run. */
  readonly state: () => AdapterState | null;
  readonly watch: (listener: () => void) => () => void;
  /** The bot it has to be. */
  readonly botId: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Waits until an account is connected and receives events.
 * @throws why it is not: at once for what waiting cannot mend, else at the deadline; `conflict` when it is cancelled
 */
export function waitConnected({ state, watch, botId, timeoutMs, signal }: ConnectionWait): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error: PalyraError | null): void => {
      unwatch();
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      if (error === null) resolve();
      else reject(error);
    };
    const look = (): void => {
      const now = state();
      if (now === null) settle(new PalyraError("service_unavailable", "The account does not run."));
      else if (now.liveness === "failed") settle(reasonOf(now));
      else if (now.liveness === "running" && now.accountId === botId) settle(null);
    };
    const onAbort = (): void => settle(new PalyraError("conflict", "It was cancelled."));
    const timer = setTimeout(() => settle(lateOf(state(), timeoutMs)), timeoutMs);
    const unwatch = watch(look);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    else look();
  });
}

function reasonOf({ lastError }: AdapterState): PalyraError {
  if (lastError === null) return new PalyraError("service_unavailable", "The account does not connect.");
  return PalyraError.fromDetails(lastError);
}

function lateOf(state: AdapterState | null, timeoutMs: number): PalyraError {
  const waited = `The bot was not connected within ${Math.round(timeoutMs / 1000)} s`;
  const because = state?.lastError ?? null;
  if (because === null) {
    return new PalyraError("discord_unreachable", `${waited}.`, {
      nextStep: "Check the network, then try again.",
    });
  }
  return new PalyraError(because.code, `${waited}: ${because.message}`, { nextStep: because.next_step });
}
