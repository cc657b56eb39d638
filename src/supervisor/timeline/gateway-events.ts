import type { EventsRequest, EventsResponse } from "../../contracts/timeline.ts";
import type { Timeline } from "./timeline.ts";

/** Events asked for at once. */
const pageSize = 100;

export interface GatewayEventsOptions {
  readonly timeline: Timeline;
  /** Asks the running gateway; null when there is none to ask. */
  ask(request: EventsRequest): Promise<EventsResponse | null>;
  /** Events have come. */
  changed(): void;
  /** The gateway could not be asked; it is asked again with its next word. */
  failed(thrown: unknown): void;
}

/**
 * Brings the gateway's events into the timeline. They are asked for from the place that the timeline has
 * reached, so that a connection or an owner that is lost costs none and repeats none.
 */
export class GatewayEvents {
  readonly #options: GatewayEventsOptions;
  #toldId: number | null = null;
  #isAsking = false;
  #askAgain = false;
  #closed = false;

  constructor(options: GatewayEventsOptions) {
    this.#options = options;
  }

  /** The gateway said which event is its newest. */
  told(newestId: number | undefined): void {
    if (newestId === undefined || newestId === this.#toldId) return;
    this.#toldId = newestId;
    this.fetch();
  }

  /** Asks now, or once more when it is asking. */
  fetch(): void {
    if (this.#isAsking) {
      this.#askAgain = true;
      return;
    }
    this.#isAsking = true;
    this.#fetchAll()
      .catch((thrown: unknown) => this.#options.failed(thrown))
      .finally(() => {
        this.#isAsking = false;
      });
  }

  /** Nothing is brought any more. */
  close(): void {
    this.#closed = true;
  }

  async #fetchAll(): Promise<void> {
    for (let more = true; more && !this.#closed; ) {
      this.#askAgain = false;
      more = (await this.#fetchPage()) || this.#askAgain;
    }
  }

  async #fetchPage(): Promise<boolean> {
    const { timeline, ask, changed } = this.#options;
    const page = await ask({ after: timeline.cursor, limit: pageSize });
    if (page === null || this.#closed) return false;
    timeline.record(
      page.events.map(({ cursor, subject, kind, level, message, details }) => ({
        unix_ms: cursor.unix_ms,
        service: "gateway" as const,
        subject,
        kind,
        level,
        message,
        details,
        cursor,
      })),
    );
    if (page.next !== null) timeline.moveCursor(page.next);
    if (page.events.length > 0) changed();
    return page.more;
  }
}
