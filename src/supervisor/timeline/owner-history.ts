import type { GatewayStatus } from "../../contracts/sidecar-status.ts";
import type {
  EventsRequest,
  EventsResponse,
  TimelineDetails,
  TimelineEvent,
  TimelineLevel,
} from "../../contracts/timeline.ts";
import { messageOf } from "../../platform/errors.ts";
import { GatewayEvents } from "./gateway-events.ts";
import { type ServiceStep, serviceEvents } from "./service-events.ts";
import { Timeline, type TimelineOptions } from "./timeline.ts";

export interface OwnerHistoryOptions extends TimelineOptions {
  /** How others name this host, e.g. `VS Code window`. */
  readonly hostName: string;
  readonly logger: { debug(message: string): void };
  askGateway(request: EventsRequest): Promise<EventsResponse | null>;
  /** There are new events. */
  changed(): void;
}

/** The timeline as the owner of a state root keeps it: its own doings, its services', and the gateway's. */
export class OwnerHistory {
  readonly #options: OwnerHistoryOptions;
  readonly #timeline: Timeline;
  readonly #gateway: GatewayEvents;

  private constructor(options: OwnerHistoryOptions, timeline: Timeline) {
    this.#options = options;
    this.#timeline = timeline;
    this.#gateway = new GatewayEvents({
      timeline,
      ask: (request) => options.askGateway(request),
      changed: () => options.changed(),
      failed: (thrown) => options.logger.debug(`The gateway's events are missing: ${messageOf(thrown)}`),
    });
  }

  /** Goes on with the timeline of the owner before. @throws as `Timeline.open` */
  static async open(options: OwnerHistoryOptions): Promise<OwnerHistory> {
    const history = new OwnerHistory(options, await Timeline.open(options));
    history.#begin();
    return history;
  }

  /** An owner that did not say that it left was ended by force: this is a take-over. */
  #begin(): void {
    const { hostName } = this.#options;
    const last = this.recent.find(({ kind }) => kind.startsWith("owner."));
    const details = { pid: process.pid, before: last?.details.pid ?? null };
    if (last === undefined || last.kind === "owner.left") {
      this.say("owner.began", "info", `This ${hostName} runs the services now.`, details);
    } else {
      const message = `This ${hostName} took over the services from a window or terminal that is gone.`;
      this.say("owner.took_over", "warn", message, details);
    }
  }

  /** The newest events, newest first. */
  get recent(): readonly TimelineEvent[] {
    return this.#timeline.recent;
  }

  /** Notes what the control center itself did. */
  say(kind: string, level: TimelineLevel, message: string, details: TimelineDetails = {}): void {
    const unix_ms = this.#options.clock.now();
    this.#timeline.record([{ unix_ms, service: null, subject: null, kind, level, message, details }]);
    this.#options.changed();
  }

  /** Notes what a step of a service means, if anything. */
  stepped(step: ServiceStep): void {
    this.#timeline.record(serviceEvents(step));
  }

  /** The gateway can be asked again, also for what happened while nobody listened. */
  gatewayConnected(): void {
    this.#gateway.fetch();
  }

  /** The gateway pushed its status. */
  gatewayTold(status: GatewayStatus): void {
    this.#gateway.told(status.newest_event_id);
  }

  /** Ends it with a last word. */
  close(): void {
    this.#gateway.close();
    const { hostName } = this.#options;
    this.say("owner.left", "info", `This ${hostName} no longer runs the services.`, { pid: process.pid });
    this.#timeline.close();
  }
}
