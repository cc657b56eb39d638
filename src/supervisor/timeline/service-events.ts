import type { ServiceKind } from "../../contracts/services.ts";
import type { TimelineDetails, TimelineLevel } from "../../contracts/timeline.ts";
import { describeExit } from "../process-exit.ts";
import { mayHaveProcess, type ServiceEvent, type ServiceMachine } from "../service-model.ts";
import type { NewEvent } from "./timeline-record.ts";

/** One step of a service's state machine. */
export interface ServiceStep {
  readonly service: ServiceKind;
  readonly before: ServiceMachine;
  readonly event: ServiceEvent;
  readonly after: ServiceMachine;
  /** Unix milliseconds. */
  readonly now: number;
}

type Story = readonly [kind: string, level: TimelineLevel, message: string, details?: TimelineDetails];

/** What one step means for the history of a service; most steps mean nothing. Pure. */
export function serviceEvents(step: ServiceStep): NewEvent[] {
  return stories(step).map(([kind, level, message, details = {}]) => ({
    unix_ms: step.now,
    service: step.service,
    subject: null,
    kind: `service.${kind}`,
    level,
    message,
    details,
  }));
}

function stories(step: ServiceStep): Story[] {
  const { before, event, after } = step;
  if (before === after) return [];
  return [
    ...exitStory(step),
    ...connectionStory(step),
    ...phaseStory(step),
    ...healthStory(before, event, after),
  ];
}

function exitStory({ before, event }: ServiceStep): Story[] {
  if (event.kind !== "exited" || event.run !== before.run || !mayHaveProcess(before)) return [];
  const { code, signal } = event.exit;
  const wanted = before.phase === "stopping";
  const message = wanted
    ? `${before.displayName} has stopped.`
    : describeExit(before.displayName, event.exit);
  const pid = before.facts?.pid ?? null;
  return [[wanted ? "stopped" : "exited", wanted ? "info" : "error", message, { code, signal, pid }]];
}

function connectionStory({ before, event, after }: ServiceStep): Story[] {
  if (event.kind !== "connected" || event.run !== before.run || before.phase !== "starting") return [];
  const { pid, version, adopted } = event.facts;
  const name = after.displayName;
  const details = { pid, version };
  const found: Story = adopted
    ? ["adopted", "info", `${name} was found running and taken over (pid ${pid}).`, details]
    : ["ready", "info", `${name} is ready (pid ${pid}).`, details];
  return [found];
}

function phaseStory({ before, event, after, now }: ServiceStep): Story[] {
  const name = after.displayName;
  if (after.restarts > before.restarts) {
    const waitMs = after.phase === "backoff" && after.deadline !== null ? after.deadline - now : 0;
    const when = waitMs > 0 ? `in ${(waitMs / 1_000).toFixed(1)} s` : "at once";
    const why = after.problem?.message ?? "it ended";
    const details = { restarts: after.restarts, wait_ms: waitMs, reason: after.problem?.code ?? null };
    return [["restart", "warn", `${name} is started again ${when}: ${why}`, details]];
  }
  if (after.phase === before.phase && after.run === before.run) return [];
  switch (after.phase) {
    case "failed":
      return [
        [
          "failed",
          "error",
          after.problem?.message ?? `${name} failed.`,
          { reason: after.problem?.code ?? null },
        ],
      ];
    case "unhealthy":
      return [
        [
          "hung",
          "error",
          after.problem?.message ?? `${name} does not answer.`,
          { pid: before.facts?.pid ?? null },
        ],
      ];
    case "starting":
      return [["started", "info", beginning(name, event), { asked_by: askedBy(before, event) }]];
    case "stopping":
      return [...replacementStory(before, event), ...stopStory(before, event)];
    default:
      return [];
  }
}

/** An owner that just came may find the process of the one before. */
function beginning(name: string, event: ServiceEvent): string {
  return event.kind === "open"
    ? `${name} is looked for, and started if it does not run.`
    : `${name} is being started.`;
}

/** An older version ends by itself to make room for this one. */
function replacementStory(before: ServiceMachine, event: ServiceEvent): Story[] {
  if (before.replaceBy === null || (event.kind !== "health" && event.kind !== "tick")) return [];
  const { pid = null, version = null } = before.facts ?? {};
  const message = `${before.displayName} ${version ?? ""} is replaced by this version.`;
  return [["replaced", "info", message, { pid, version }]];
}

function stopStory(before: ServiceMachine, event: ServiceEvent): Story[] {
  if (before.run === 0) return [];
  const details = { asked_by: askedBy(before, event) };
  return [["stopping", "info", `${before.displayName} is being stopped.`, details]];
}

function healthStory(before: ServiceMachine, event: ServiceEvent, after: ServiceMachine): Story[] {
  // What is still opening at its start is no loss and its end no return.
  const opening = (before.problem ?? after.problem)?.code === "service_unavailable";
  if (event.kind !== "health" || opening) return [];
  if (before.phase === "running" && after.phase === "degraded") {
    const problem = after.problem;
    return [
      [
        "degraded",
        "warn",
        problem?.message ?? `${after.displayName} is degraded.`,
        { reason: problem?.code ?? null },
      ],
    ];
  }
  return before.phase === "degraded" && after.phase === "running"
    ? [["recovered", "info", `${after.displayName} works fully again.`]]
    : [];
}

function askedBy(before: ServiceMachine, event: ServiceEvent): string {
  switch (event.kind) {
    case "start":
    case "stop":
    case "restart":
    case "retry":
      return `command ${event.kind}`;
    case "open":
      return "opening of the control center";
    case "health":
    case "tick":
      return "new version";
    default:
      return before.relaunch ? "command restart" : "restart after an exit";
  }
}
