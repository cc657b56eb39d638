import { serviceKinds } from "../contracts/service-kinds.ts";
import type { LogLine, ServiceKind } from "../contracts/services.ts";
import { LogRing } from "./log-ring.ts";

/** The recent lines of all services, a ring for each. */
export class LogBook {
  readonly #rings: ReadonlyMap<ServiceKind, LogRing> = new Map(
    serviceKinds.map((service) => [service, new LogRing()]),
  );

  /**
   * Adds lines of any services.
   * @param backlog the lines are of the past, and some may be here already
   * @returns those that were added
   */
  add(lines: readonly LogLine[], backlog: boolean): readonly LogLine[] {
    return serviceKinds.flatMap((service) => {
      const own = lines.filter((line) => line.service === service);
      const ring = this.#rings.get(service);
      if (ring === undefined || own.length === 0) return [];
      return backlog ? ring.merge(own) : ring.add(own);
    });
  }

  /** Recent lines of one service or all, oldest first. */
  recent(service: ServiceKind | undefined): readonly LogLine[] {
    const rings = service === undefined ? [...this.#rings.values()] : [this.#rings.get(service)];
    return rings.flatMap((ring) => ring?.lines ?? []).sort((a, b) => a.unix_ms - b.unix_ms);
  }
}
