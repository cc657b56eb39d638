import type { ServiceKind } from "../contracts/services.ts";
import type { ServiceView } from "../contracts/snapshot.ts";
import { mayHaveProcess, type ServiceMachine } from "./service-model.ts";

/** What the snapshot says of one service. */
export function serviceView(service: ServiceKind, machine: ServiceMachine): ServiceView {
  const { facts } = machine;
  return {
    service,
    display_name: machine.displayName,
    desired_running: machine.desired,
    state: machine.phase,
    adopted: facts?.adopted ?? false,
    pid: facts?.pid ?? null,
    version: facts?.version ?? null,
    ports: facts === null || !mayHaveProcess(machine) ? [] : [...facts.ports],
    started_at_unix_ms: facts?.started_at_unix_ms ?? null,
    ready_at_unix_ms: machine.readySince,
    restarts: machine.restarts,
    recent_crashes: machine.crashes.map(({ at, reason }) => ({ unix_ms: at, reason })),
    usage: null,
    last_exit: machine.lastExit,
    next_restart_unix_ms: machine.phase === "backoff" ? machine.deadline : null,
    problem: machine.problem,
  };
}
