import type { ConnectorStatus } from "./sidecar-status.ts";

/** Whether a connector holds its replies back because the owner said so, as far as the gateway told. */
export function isSendingPaused({ enabled, saturation }: ConnectorStatus): boolean {
  return enabled && saturation?.reasons.includes("queue_paused") === true;
}
