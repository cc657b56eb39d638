import type { AdapterState } from "../connector-adapter.ts";

/** A heartbeat that was not acknowledged for this long makes the connection doubtful, in milliseconds. */
export const staleHeartbeatMs = 90_000;

/** Facts the state of the adapter is made of. */
export interface DiscordFacts {
  /** What the adapter is doing. */
  readonly phase: "stopped" | "waiting_for_secret" | "connecting" | "ready" | "interrupted" | "ended";
  readonly readiness: AdapterState["readiness"];
  /** The token was accepted by the REST API since it was loaded. */
  readonly tokenAccepted: boolean;
  readonly lastAckAt: number | null;
  readonly identity: string | null;
  /** The bot's own user id. */
  readonly accountId: string | null;
  readonly sessionsStarted: number;
  readonly sessionsResumed: number;
  readonly lastError: AdapterState["lastError"];
}

/** Connected means: READY or RESUMED came and heartbeats are still acknowledged. */
export function adapterState(facts: DiscordFacts, now: number): AdapterState {
  const isFresh = facts.lastAckAt !== null && now - facts.lastAckAt < staleHeartbeatMs;
  const connected = facts.phase === "ready" && isFresh;
  return {
    readiness: facts.readiness,
    liveness: livenessOf(facts.phase, connected),
    identity: facts.identity,
    accountId: facts.accountId,
    connected,
    canSend: facts.tokenAccepted,
    sessionsStarted: facts.sessionsStarted,
    sessionsResumed: facts.sessionsResumed,
    lastError: facts.lastError,
  };
}

function livenessOf(phase: DiscordFacts["phase"], connected: boolean): AdapterState["liveness"] {
  switch (phase) {
    case "stopped":
      return "stopped";
    case "waiting_for_secret":
    case "connecting":
      return "starting";
    case "ready":
      return connected ? "running" : "restarting";
    case "interrupted":
      return "restarting";
    case "ended":
      return "failed";
  }
}
