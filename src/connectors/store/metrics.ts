import type { DurableDatabase } from "./durable-database.ts";
import type { ConnectorMetrics, DurationFigures, MetricsStore } from "./parts/metrics-store.ts";

/** The tables `counters` and `ignored_reasons`, for reading. */
export class SqliteMetrics implements MetricsStore {
  readonly #database: DurableDatabase;

  constructor(database: DurableDatabase) {
    this.#database = database;
  }

  async of(connectorId: string): Promise<ConnectorMetrics> {
    const [row] = this.#database.read("SELECT * FROM counters WHERE connector_id = ?", [connectorId]);
    const number = (column: string): number => Number(row?.[column] ?? 0);
    const duration = (name: string): DurationFigures => ({
      sumMs: number(`${name}_ms_sum`),
      count: number(`${name}_ms_count`),
      maxMs: number(`${name}_ms_max`),
    });
    const reasons = this.#database.read(
      "SELECT reason, count FROM ignored_reasons WHERE connector_id = ? ORDER BY count DESC, reason",
      [connectorId],
    );
    return {
      received: number("received"),
      duplicates: number("duplicates"),
      routed: number("routed"),
      merged: number("merged"),
      ignored: number("ignored"),
      ignoredByReason: reasons.map(({ reason, count }) => ({ reason: String(reason), count: Number(count) })),
      failed: number("failed"),
      inboundRetries: number("inbound_retries"),
      answered: number("answered"),
      delivered: number("delivered"),
      retries: number("retries"),
      deferrals: number("deferrals"),
      deadLettered: number("dead_lettered"),
      replayed: number("replayed"),
      answerTime: duration("answer"),
      deliveryTime: duration("delivery"),
    };
  }
}
