import type { ConnectorEventInput } from "../connectors/store/parts/event-store.ts";
import type { ErrorDetails } from "../contracts/errors.ts";

/**
 * What became of a change of the configuration, for the log of events. Two in a row are two events, also when
 * the second brings back what was before: hence the time among the details.
 * @param now Unix milliseconds
 */
export function configEvent(problem: ErrorDetails | null, hash: string, now: number): ConnectorEventInput {
  return problem === null
    ? {
        connectorId: "gateway",
        type: "configuration.applied",
        level: "info",
        message: "The configuration was read and is in use.",
        details: { hash, read_at_unix_ms: now },
      }
    : {
        connectorId: "gateway",
        type: "configuration.refused",
        level: "error",
        message: `The configuration is not valid; the last good one stays. ${problem.message}`,
        details: { code: problem.code, read_at_unix_ms: now },
      };
}
