import {
  type ControlCenterSnapshot,
  type ServiceView,
  snapshotSchemaVersion,
  type Warning,
} from "../contracts/snapshot.ts";
import type { TimelineEvent } from "../contracts/timeline.ts";
import { flappingWarning } from "./flapping.ts";
import { observabilityOf, sourcesOf } from "./observability.ts";
import { isSettling, overallStatus } from "./overall-status.ts";
import { warningsOf } from "./warnings.ts";

/** Everything a snapshot is made of: already redacted, nothing is looked up while it is built. */
export interface SnapshotInputs
  extends Pick<ControlCenterSnapshot, "revision" | "generated_at_unix_ms" | "services"> {
  readonly facts: Omit<ControlCenterSnapshot["quick_facts"], "gateway_url" | "browser_url">;
  /** Last status of each sidecar that runs. */
  readonly gateway: ControlCenterSnapshot["gateway"];
  readonly browserd: ControlCenterSnapshot["browserd"];
  /** What the control center itself has to say. */
  readonly notices: readonly Warning[];
  /** Newest first; none where nobody keeps a timeline. */
  readonly recentEvents?: readonly TimelineEvent[];
}

/** Builds the picture of the whole system. Pure and quick: no network, no files. */
export function buildSnapshot(inputs: SnapshotInputs): ControlCenterSnapshot {
  const { gateway, browserd, generated_at_unix_ms: now } = inputs;
  const services = inputs.services.map((view) => (isStillOpening(view, now) ? opening(view) : view));
  const parts = { services, gateway, browserd };
  const { status, reason, causes } = overallStatus(parts, now);
  const flapping = services.flatMap((view) => flappingWarning(view, now) ?? []);
  const address = (kind: "gateway" | "browserd"): string | null => {
    const port = services.find((view) => view.service === kind)?.ports[0]?.port;
    return port === undefined ? null : `http://127.0.0.1:${port}`;
  };
  return {
    schema_version: snapshotSchemaVersion,
    revision: inputs.revision,
    generated_at_unix_ms: now,
    overall_status: status,
    overall_reason: reason,
    overall_causes: [...causes],
    quick_facts: { ...inputs.facts, gateway_url: address("gateway"), browser_url: address("browserd") },
    ...parts,
    sources: sourcesOf(parts),
    observability: observabilityOf(parts, now),
    warnings: [...inputs.notices, ...flapping, ...warningsOf(parts)],
    recent_events: [...(inputs.recentEvents ?? [])],
  };
}

/** A service that has just come up and says that it is not open yet: what it lacks is on its way, not a problem. */
function isStillOpening(view: ServiceView, now: number): boolean {
  return view.state === "degraded" && view.problem?.code === "service_unavailable" && isSettling(view, now);
}

function opening(view: ServiceView): ServiceView {
  return { ...view, state: "starting", problem: null };
}
