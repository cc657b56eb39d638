import type { InboundMessageEvent } from "../../contracts/connector.ts";

/** Answers one message of a person. */
export interface Agent {
  /** @returns texts of the answer, in order; none when there is nothing to say */
  reply(event: InboundMessageEvent, signal: AbortSignal): Promise<readonly string[]>;
}
