import { heartbeatIntervalMs, heartbeatMissLimit } from "../contracts/control-link.ts";

/** Times and limits of the supervision of one service; all times in milliseconds. */
export interface SupervisorTimings {
  /** From spawn to hello; later it counts as a crash. */
  readonly readinessMs: number;
  readonly heartbeatMs: number;
  /** So many heartbeats without an answer are a hang. */
  readonly heartbeatMisses: number;
  /** Time to finish work in hand when a service is stopped. */
  readonly drainMs: number;
  /** How long the replacement of an older sidecar waits for a quiet moment. */
  readonly quietWaitMs: number;
  /** From the request to end (SIGTERM) to the end by force. */
  readonly terminateMs: number;
  /** How often the end by force is tried again. */
  readonly killRetryMs: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** A run that was ready for so long starts the count of restarts anew. */
  readonly stableMs: number;
  /** So many crashes within `crashWindowMs` are a crash loop. */
  readonly crashLimit: number;
  readonly crashWindowMs: number;
}

export const supervisorTimings: SupervisorTimings = {
  readinessMs: 30_000,
  heartbeatMs: heartbeatIntervalMs,
  heartbeatMisses: heartbeatMissLimit,
  drainMs: 5_000,
  quietWaitMs: 300_000,
  terminateMs: 5_000,
  killRetryMs: 2_000,
  backoffBaseMs: 1_000,
  backoffMaxMs: 30_000,
  stableMs: 60_000,
  crashLimit: 5,
  crashWindowMs: 180_000,
};
