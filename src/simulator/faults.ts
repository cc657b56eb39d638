/** A REST fault that applies to matching requests. */
export interface RequestFault {
  readonly kind: "rateLimit" | "serverError" | "loseResponse" | "hang" | "latency";
  /** Only requests with this method; every method when absent. */
  readonly method?: string;
  /** Only paths (after /api/v10) that contain this text; every path when absent. */
  readonly pathIncludes?: string;
  /** How many requests are hit before the fault ends by itself; no end when absent. */
  readonly times?: number;
  /** `serverError`: the HTTP status, 500 by default. */
  readonly status?: number;
  /** `rateLimit`: seconds to wait, 1 by default. */
  readonly retryAfterSeconds?: number;
  /** `rateLimit`: as if the global limit was hit. */
  readonly global?: boolean;
  /** `rateLimit`: a limit shared with others, which is not held against the bot. */
  readonly shared?: boolean;
  /** `latency`: milliseconds before the request is looked at. */
  readonly delayMs?: number;
}

interface ActiveFault {
  readonly fault: RequestFault;
  left: number;
}

/** Faults that are switched on and off at run time. */
export class Faults {
  #requestFaults: ActiveFault[] = [];
  /** True while the gateway does not acknowledge heartbeats. */
  dropHeartbeatAcks = false;
  /** True while nobody can connect to the gateway, as behind a firewall. */
  refuseGateway = false;

  /** Switches a request fault on; returns a function that switches it off. */
  add(fault: RequestFault): () => void {
    const active = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#requestFaults.push(active);
    return () => {
      this.#requestFaults = this.#requestFaults.filter((one) => one !== active);
    };
  }

  clear(): void {
    this.#requestFaults = [];
    this.dropHeartbeatAcks = false;
    this.refuseGateway = false;
  }

  list(): readonly RequestFault[] {
    return this.#requestFaults.map((one) => one.fault);
  }

  /** The faults that hit this request, each counted as used. */
  take(method: string, path: string): RequestFault[] {
    const hit = this.#requestFaults.filter(
      ({ fault }) =>
        (fault.method === undefined || fault.method === method) &&
        (fault.pathIncludes === undefined || path.includes(fault.pathIncludes)),
    );
    for (const active of hit) active.left -= 1;
    this.#requestFaults = this.#requestFaults.filter((active) => active.left > 0);
    return hit.map((active) => active.fault);
  }
}
