import type { SidecarStatus } from "../contracts/sidecar-status.ts";

/** Whether a sidecar can be replaced without anybody noticing: no turn runs, nothing waits to be sent, no browser is used. */
export function isQuiet(status: SidecarStatus): boolean {
  if (status.service === "browserd") return status.sessions === 0;
  return status.connectors.every(
    ({ enabled, queue }) => !enabled || (queue.inbox_pending === 0 && queue.outbox_pending === 0),
  );
}
