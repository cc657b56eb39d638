import type { InboundMessageEvent } from "../../contracts/connector.ts";

/** How long a message is remembered for somebody who is only about to wait for it, in milliseconds. */
const rememberedMs = 15_000;
const remembered = 64;

/**
 * The messages of the last seconds. Who is asked to write to the bot may be quicker than the request that waits
 * for the message.
 */
export class RecentMessages {
  readonly #now: () => number;
  #messages: { readonly event: InboundMessageEvent; readonly at: number }[] = [];

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  add(event: InboundMessageEvent): void {
    const at = this.#now();
    const still = this.#messages.filter((message) => at - message.at < rememberedMs);
    this.#messages = [...still, { event, at }].slice(-remembered);
  }

  /** Those of a connector that nobody was told of yet, oldest first. */
  of(connectorId: string): InboundMessageEvent[] {
    const now = this.#now();
    return this.#messages.flatMap(({ event, at }) =>
      event.connector_id === connectorId && now - at < rememberedMs ? [event] : [],
    );
  }

  /** Forgets a message somebody was told of, or all of a connector whose rules changed. */
  forget(connectorId: string, envelopeId?: string): void {
    this.#messages = this.#messages.filter(
      ({ event }) =>
        event.connector_id !== connectorId || (envelopeId !== undefined && event.envelope_id !== envelopeId),
    );
  }
}
