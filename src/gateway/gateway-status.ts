import type { PendingApprovals } from "../contracts/approvals.ts";
import type { ErrorDetails } from "../contracts/errors.ts";
import type {
  ConnectorStatus,
  GatewayStatus,
  RecentMessage,
  SidecarHealth,
  UndeliveredMessage,
} from "../contracts/sidecar-status.ts";
import { recentMessageLimit } from "../contracts/sidecar-status.ts";
import type { WebhooksStatus } from "../contracts/webhook-status.ts";
import { PalyraError } from "../platform/errors.ts";

/** Everything the status is made of. */
export interface GatewayFacts {
  /** Null while the store is not open. */
  readonly store: {
    readonly totals: GatewayStatus["totals"];
    readonly recentMessages: readonly RecentMessage[];
    /** Null while that is not known. */
    readonly undelivered: readonly UndeliveredMessage[] | null;
    readonly newestEventId: number | null;
  } | null;
  /** Why the store is not open or not writable; null when it works. */
  readonly storeProblem: ErrorDetails | null;
  readonly configProblem: ErrorDetails | null;
  readonly configHash: string;
  readonly connectors: readonly ConnectorStatus[];
  /** Null while the store is not open: not known. */
  readonly approvals: PendingApprovals | null;
  /** Null while there are none. */
  readonly webhooks: WebhooksStatus | null;
}

/** Status of the gateway from its facts: without a store it is unhealthy, any other fault degrades it. */
export function buildGatewayStatus(facts: GatewayFacts): GatewayStatus {
  const connectorProblems = facts.connectors
    .filter((connector) => connector.enabled && connector.last_error !== null)
    .flatMap((connector) => (connector.last_error === null ? [] : [connector.last_error]));
  const stuck = facts.connectors.filter(({ circuit }) => circuit !== undefined && circuit.state !== "closed");
  const reasons = [
    facts.storeProblem,
    facts.configProblem,
    ...connectorProblems,
    ...stuck.map(deliveryFailing),
  ].filter((reason) => reason !== null);
  return {
    service: "gateway",
    health: healthOf(facts, reasons),
    reasons,
    connectors: [...facts.connectors],
    recent_messages: (facts.store?.recentMessages ?? []).slice(0, recentMessageLimit),
    totals: facts.store?.totals ?? null,
    ...(facts.store === null || facts.store.undelivered === null
      ? {}
      : { undelivered: [...facts.store.undelivered] }),
    config_hash: facts.configHash,
    ...(facts.store === null || facts.store.newestEventId === null
      ? {}
      : { newest_event_id: facts.store.newestEventId }),
    ...(facts.approvals === null ? {} : { approvals: facts.approvals }),
    ...(facts.webhooks === null ? {} : { webhooks: facts.webhooks }),
  };
}

function deliveryFailing({ connector_id: id, queue }: ConnectorStatus): ErrorDetails {
  const waiting = queue.outbox_pending === 1 ? "1 message waits" : `${queue.outbox_pending} messages wait`;
  return new PalyraError("delivery_failing", `${id} cannot deliver: ${waiting}.`).toDetails();
}

function healthOf(facts: GatewayFacts, reasons: readonly ErrorDetails[]): SidecarHealth {
  if (facts.storeProblem !== null) return "unhealthy";
  return reasons.length > 0 ? "degraded" : "ok";
}
