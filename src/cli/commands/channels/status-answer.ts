import type { ChannelStatusResponse } from "../../../contracts/http-channels.ts";
import type { Answer } from "../../output/answer.ts";
import { type PlainRecord, record } from "../../output/record.ts";
import { type Cell, facts } from "../../output/table.ts";
import { duration } from "../../render-status.ts";
import type { Paint } from "../../terminal.ts";
import { readinessCell } from "./connector-cells.ts";

/** Everything about one connector. */
export function statusAnswer(status: ChannelStatusResponse): Answer {
  return {
    data: status,
    records: statusRecords(status),
    lines: (paint, now) => statusLines(status, paint, now),
  };
}

/** The lines of a status; those without news are left out. */
export function statusRecords({ connector, runtime, operations }: ChannelStatusResponse): PlainRecord[] {
  const id = connector.connector_id;
  const { queue, saturation, last_auth_failure, rate_limits } = operations;
  const { metrics } = runtime;
  const latency = metrics.route_message_latency_ms;
  const lines = [
    record("channels.status", {
      id,
      availability: connector.availability,
      enabled: connector.enabled,
      readiness: connector.readiness,
      liveness: connector.liveness,
      pending_outbox: queue.pending_outbox,
      dead_letters: queue.dead_letters,
    }),
    record("channels.operations.queue", {
      id,
      paused: queue.paused,
      pause_reason: queue.pause_reason,
      inbox_pending: queue.inbox_pending,
      pending_outbox: queue.pending_outbox,
      due_outbox: queue.due_outbox,
      claimed_outbox: queue.claimed_outbox,
      dead_letters: queue.dead_letters,
    }),
    record("channels.operations.saturation", { id, state: saturation.state, reasons: saturation.reasons }),
  ];
  if (last_auth_failure !== null) {
    lines.push(record("channels.operations.auth_failure", { id, message: last_auth_failure }));
  }
  if (rate_limits.global_retry_after_ms !== null || rate_limits.active_route_limits > 0) {
    const { global_retry_after_ms, active_route_limits } = rate_limits;
    lines.push(record("channels.operations.rate_limits", { id, global_retry_after_ms, active_route_limits }));
  }
  lines.push(
    record("channels.metrics", {
      id,
      inbound_processed: metrics.inbound_events_processed,
      dedupe_hits: metrics.inbound_dedupe_hits,
      outbound_ok: metrics.outbound_sends_ok,
      outbound_retry: metrics.outbound_sends_retry,
      outbound_dead_letter: metrics.outbound_sends_dead_letter,
    }),
  );
  if (latency.sample_count > 0) {
    const { sample_count: samples, avg_ms, max_ms } = latency;
    lines.push(record("channels.metrics.route_latency", { id, samples, avg_ms, max_ms }));
  }
  for (const { reason, count } of metrics.policy_denials) {
    lines.push(record("channels.metrics.policy_denial", { id, reason, count }));
  }
  return lines;
}

/** A status for people. @param now Unix milliseconds */
export function statusLines(
  { connector, runtime, operations }: ChannelStatusResponse,
  paint: Paint,
  now: number,
): string[] {
  const { queue, saturation, last_auth_failure } = operations;
  const { metrics } = runtime;
  const pairs: (readonly [string, Cell])[] = [
    ["state", readinessCell(connector)],
    ["bot", connector.identity],
    ["queue", queueSentence(queue)],
    ["flow", saturationSentence(saturation)],
    [
      "messages",
      `${metrics.inbound_events_processed} in, ${metrics.outbound_sends_ok} sent, ${metrics.outbound_sends_dead_letter} given up`,
    ],
  ];
  const { sample_count, avg_ms, max_ms } = metrics.route_message_latency_ms;
  if (sample_count > 0) pairs.push(["answers take", `${avg_ms} ms on average, ${max_ms} ms at most`]);
  if (connector.last_inbound_unix_ms !== null) {
    pairs.push(["last message", `${duration(Math.max(0, now - connector.last_inbound_unix_ms))} ago`]);
  }
  if (last_auth_failure !== null) pairs.push(["sign-in", { text: last_auth_failure, style: "red" }]);
  for (const { reason, count } of metrics.policy_denials)
    pairs.push(["not answered", `${count} × ${reason}`]);
  const problem = connector.last_error;
  if (problem !== null) {
    pairs.push(["problem", { text: problem.message, style: "red" }], ["next step", problem.next_step]);
  }
  return [paint("bold", connector.connector_id), ...facts(pairs, paint)];
}

function queueSentence(queue: ChannelStatusResponse["operations"]["queue"]): Cell {
  const rows = `${queue.inbox_pending} in, ${queue.pending_outbox} out, ${queue.dead_letters} dead`;
  if (!queue.paused) return rows;
  return { text: `${rows}; paused: ${queue.pause_reason ?? "no reason given"}`, style: "yellow" };
}

function saturationSentence({ state, reasons }: ChannelStatusResponse["operations"]["saturation"]): Cell {
  const text = [state.replaceAll("_", " "), ...reasons].join(", ");
  return { text, style: state === "healthy" ? "green" : "yellow" };
}
