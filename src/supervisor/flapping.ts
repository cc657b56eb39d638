import type { ServiceView, Warning } from "../contracts/snapshot.ts";

/** So many unexpected ends within `flappingWindowMs` are more than chance. */
export const flappingCount = 3;
export const flappingWindowMs = 600_000;
const reasonsShown = 3;

/**
 * What is wrong with a service that goes up and down again and again, though never so quickly that it is given up;
 * null when it does not, or when its state says more.
 * @param now Unix time in milliseconds
 */
export function flappingOf(view: ServiceView, now: number): string | null {
  if (!view.desired_running || view.state === "failed") return null;
  const recent = view.recent_crashes.filter(({ unix_ms }) => now - unix_ms < flappingWindowMs);
  if (recent.length < flappingCount) return null;
  const counts = new Map<string, number>();
  for (const { reason } of recent) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts].sort(([, a], [, b]) => b - a).slice(0, reasonsShown);
  const told = reasons.map(([reason, count]) => (count > 1 ? `${count} x ${reason}` : reason)).join(" · ");
  return `${view.display_name} ended unexpectedly ${recent.length} times within ${flappingWindowMs / 60_000} minutes. ${told}`;
}

/** The same as a warning. */
export function flappingWarning(view: ServiceView, now: number): Warning | null {
  const message = flappingOf(view, now);
  if (message === null) return null;
  return {
    id: `${view.service}:flapping`,
    severity: "warning",
    source: view.service,
    message,
    next_step: "It is started again each time; show the logs to find the cause.",
    remedy: { title: "Show Logs", command: "palyra.showLogs" },
  };
}
