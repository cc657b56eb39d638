import type { DiscordSimulator } from "../../src/simulator/discord-simulator.ts";
import type { RequestFault } from "../../src/simulator/faults.ts";
import type { Fault } from "./plan.ts";

const sends = { method: "POST", pathIncludes: "/messages" } as const;

/** Lets a fault begin; returns what ends it. A fault of the moment has ended already. */
export function beginFault(simulator: DiscordSimulator, fault: Fault): () => void {
  const { faults, gateway } = simulator;
  const request = requestFault(fault);
  if (request !== null) return faults.add(request);
  switch (fault.kind) {
    case "no_heartbeat_acks":
      faults.dropHeartbeatAcks = true;
      return () => {
        faults.dropHeartbeatAcks = false;
      };
    case "half_open":
      gateway.freezeConnections();
      break;
    case "cut":
      gateway.dropConnections();
      break;
    case "invalid_session":
      gateway.invalidateSessions(fault.resumable);
      break;
    case "reconnect":
      gateway.requestReconnect();
      break;
    case "close":
      gateway.closeConnections(fault.code);
      break;
  }
  return () => undefined;
}

function requestFault(fault: Fault): RequestFault | null {
  switch (fault.kind) {
    case "rate_limit": {
      const { scope, retryAfterMs } = fault;
      const limit = { kind: "rateLimit", retryAfterSeconds: retryAfterMs / 1000 } as const;
      if (scope === "global") return { ...limit, global: true };
      return { ...limit, ...sends, shared: scope === "shared" };
    }
    case "server_error":
      return { kind: "serverError", status: fault.status };
    case "lost_response":
      return { kind: "loseResponse", ...sends };
    case "no_response":
      return { kind: "hang", times: 1, ...sends };
    case "latency":
      return { kind: "latency", delayMs: fault.delayMs };
    default:
      return null;
  }
}
