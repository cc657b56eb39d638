/** Sum, number and largest value of a duration in milliseconds. */
export interface DurationFigures {
  readonly sumMs: number;
  readonly count: number;
  readonly maxMs: number;
}

/** What a connector has done since it exists. Kept up to date by every change, so reading costs one row. */
export interface ConnectorMetrics {
  /** Inbound events accepted. */
  readonly received: number;
  /** Inbound events that had been seen before. */
  readonly duplicates: number;
  /** Events that went to the agent and were completed. */
  readonly routed: number;
  /** Those of them that were answered together with an earlier one. */
  readonly merged: number;
  /** Events that needed no answer, by reason code of the router; most frequent first. */
  readonly ignored: number;
  readonly ignoredByReason: readonly { readonly reason: string; readonly count: number }[];
  /** Events given up. */
  readonly failed: number;
  readonly inboundRetries: number;
  /** Events whose answer was delivered completely. */
  readonly answered: number;
  /** Messages delivered. */
  readonly delivered: number;
  /** Attempts to send that counted and failed. */
  readonly retries: number;
  /** Attempts put off without spending one: rate limits, a connection that is down. */
  readonly deferrals: number;
  /** Messages moved to the dead letters, ever, and brought back from there. */
  readonly deadLettered: number;
  readonly replayed: number;
  /** From accepting an event to its answer in the outbox. */
  readonly answerTime: DurationFigures;
  /** From the outbox to the provider. */
  readonly deliveryTime: DurationFigures;
}

export interface MetricsStore {
  /** All zero for a connector that did nothing. */
  of(connectorId: string): Promise<ConnectorMetrics>;
}
