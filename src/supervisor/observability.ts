import type { ConnectorFigures, RecentFigures } from "../contracts/connector-operations.ts";
import type { ConnectorStatus } from "../contracts/sidecar-status.ts";
import type {
  ControlCenterSnapshot,
  FailureRate,
  Latency,
  Observability,
  ServiceView,
  SnapshotSource,
} from "../contracts/snapshot.ts";

const hourMs = 3_600_000;
const perTenThousand = 10_000;

type Parts = Pick<ControlCenterSnapshot, "services" | "gateway" | "browserd">;

/**
 * How well the gateway does its work, over all its connectors. What is not known is null, never zero.
 * @param now Unix time in milliseconds
 */
export function observabilityOf({ services, gateway }: Parts, now: number): Observability {
  const connectors = gateway?.status.connectors ?? null;
  const figures = knownFigures(connectors);
  const recent = recentFigures(figures);
  return {
    answers: recent && rate(recent, (one) => [one.inbound_routed + one.inbound_failed, one.inbound_failed]),
    deliveries:
      recent &&
      rate(recent, (one) => {
        const failures = one.outbound_sends_retry + one.outbound_sends_dead_letter;
        return [one.outbound_sends_ok + failures, failures];
      }),
    answer_latency: figures && latency(figures.map((one) => one.route_message_latency_ms)),
    delivery_latency: figures && latency(figures.map((one) => one.delivery_latency_ms)),
    queue: connectors && {
      waiting_in: sum(connectors, ({ queue }) => queue.inbox_pending),
      waiting_out: sum(connectors, ({ queue }) => queue.outbox_pending),
      dead_letters: sum(connectors, ({ queue }) => queue.dead_letters),
    },
    connectors: connectors && {
      enabled: sum(connectors, ({ enabled }) => Number(enabled)),
      not_ready: sum(connectors, ({ enabled, readiness }) => Number(enabled && readiness !== "ready")),
    },
    crashes_last_hour: sum(
      services,
      (view) => view.recent_crashes.filter(({ unix_ms }) => now - unix_ms < hourMs).length,
    ),
  };
}

/** How old what is said about each service is. */
export function sourcesOf({ services, gateway, browserd }: Parts): SnapshotSource[] {
  return services.map((view) => {
    const told = view.service === "gateway" ? gateway : browserd;
    return {
      source: view.service,
      state: told === null ? "none" : answers(view) ? "live" : "stale",
      received_at_unix_ms: told?.received_at_unix_ms ?? null,
    };
  });
}

function answers({ state }: ServiceView): boolean {
  return state === "running" || state === "degraded" || state === "starting" || state === "stopping";
}

/** Null when there is nothing to count: no connector has told its figures. */
function knownFigures(connectors: readonly ConnectorStatus[] | null): readonly ConnectorFigures[] | null {
  const known = (connectors ?? []).flatMap(({ figures }) => figures ?? []);
  return known.length === 0 ? null : known;
}

function recentFigures(all: readonly ConnectorFigures[] | null): readonly RecentFigures[] | null {
  const known = (all ?? []).flatMap(({ recent }) => recent ?? []);
  return known.length === 0 ? null : known;
}

function rate(
  all: readonly RecentFigures[],
  count: (one: RecentFigures) => readonly [attempts: number, failures: number],
): FailureRate {
  const attempts = sum(all, (one) => count(one)[0]);
  const failures = sum(all, (one) => count(one)[1]);
  return {
    window_ms: Math.max(...all.map(({ window_ms }) => window_ms)),
    attempts,
    failures,
    failure_rate_bps: attempts === 0 ? null : Math.round((failures * perTenThousand) / attempts),
  };
}

/** Null without a sample: an average of nothing is not zero. */
function latency(all: readonly ConnectorFigures["delivery_latency_ms"][]): Latency | null {
  const samples = sum(all, ({ sample_count }) => sample_count);
  if (samples === 0) return null;
  return {
    samples,
    average_ms: Math.round(sum(all, ({ avg_ms, sample_count }) => avg_ms * sample_count) / samples),
    max_ms: Math.max(...all.map(({ max_ms }) => max_ms)),
  };
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
