import type { ControlCenterSnapshot } from "../../contracts/snapshot.ts";
import { snapshotIn } from "../../supervisor/next-steps.ts";
import { type PlainRecord, record } from "./record.ts";

/** A snapshot as records: the whole, each service, each connector, each warning. */
export function snapshotRecords(snapshot: ControlCenterSnapshot): PlainRecord[] {
  const { overall_status, overall_reason, quick_facts, services, gateway, warnings } = snapshotIn(
    "terminal",
    snapshot,
  );
  return [
    record("status", {
      overall: overall_status,
      reason: overall_reason,
      role: quick_facts.role,
      secrets_home: quick_facts.secrets_home,
      gateway_url: quick_facts.gateway_url,
      state_root: quick_facts.state_root,
    }),
    ...services.map((view) =>
      record("status.service", {
        name: view.display_name,
        state: view.state,
        pid: view.pid,
        port: view.ports[0]?.port ?? null,
        restarts: view.restarts,
        problem: view.problem?.code ?? null,
      }),
    ),
    ...(gateway?.status.connectors ?? []).map((one) =>
      record("status.connector", {
        id: one.connector_id,
        enabled: one.enabled,
        readiness: one.readiness,
        liveness: one.liveness,
        inbox_pending: one.queue.inbox_pending,
        outbox_pending: one.queue.outbox_pending,
        dead_letters: one.queue.dead_letters,
      }),
    ),
    ...warnings.map(({ severity, source, message, next_step }) =>
      record("status.warning", { severity, source, message, next_step }),
    ),
  ];
}
