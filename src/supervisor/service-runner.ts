import type { DecideApprovalRequest } from "../contracts/approvals.ts";
import type { SetTokensRequest } from "../contracts/control-link.ts";
import { serviceDisplayNames } from "../contracts/service-kinds.ts";
import type { LogLevel } from "../contracts/services.ts";
import type { SidecarStatus } from "../contracts/sidecar-status.ts";
import type { ServiceView } from "../contracts/snapshot.ts";
import type { EventsRequest, EventsResponse } from "../contracts/timeline.ts";
import { PalyraError } from "../platform/errors.ts";
import { ClockWatch } from "./clock-watch.ts";
import { isQuiet } from "./quiet-moment.ts";
import { redactDeep } from "./redact-deep.ts";
import { step } from "./service-machine.ts";
import {
  movedBy,
  newServiceMachine,
  type ServiceEffect,
  type ServiceEvent,
  type ServiceMachine,
} from "./service-model.ts";
import { serviceView } from "./service-view.ts";
import { SidecarRun } from "./sidecar-run.ts";
import type { SidecarRunOptions } from "./sidecar-run-options.ts";
import type { ServiceStep } from "./timeline/service-events.ts";

export interface RunnerOptions extends SidecarRunOptions {
  readonly desired: boolean;
  readonly random: () => number;
  /** A sidecar proved itself: what may have changed without it is to be sent. */
  connected(): void;
  /** The view or the status changed. */
  changed(): void;
  /** The machine made a step. */
  stepped(step: ServiceStep): void;
}

/** Carries out the effects of one service's state machine and feeds it with what happens. */
export class ServiceRunner {
  readonly #options: RunnerOptions;
  readonly #clockWatch: ClockWatch;
  #machine: ServiceMachine;
  #run: SidecarRun | null = null;
  #status: { readonly received_at_unix_ms: number; readonly status: SidecarStatus } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #detached = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#clockWatch = new ClockWatch(options.clock);
    this.#machine = newServiceMachine(serviceDisplayNames[options.service], options.desired);
  }

  get view(): ServiceView {
    return serviceView(this.#options.service, this.#machine);
  }

  /** Last status of the running sidecar; null when there is none. */
  get status(): { readonly received_at_unix_ms: number; readonly status: SidecarStatus } | null {
    return this.#status;
  }

  dispatch(event: ServiceEvent): void {
    if (this.#detached) return;
    const { clock, random, timings } = this.#options;
    const jump = this.#clockWatch.jump();
    if (jump !== 0) this.#machine = movedBy(this.#machine, jump);
    const before = this.#machine;
    const next = step(before, event, { now: clock.now(), random: random(), timings });
    this.#machine = next.state;
    const { service } = this.#options;
    this.#options.stepped({ service, before, event, after: next.state, now: clock.now() });
    this.#armTimer();
    for (const effect of next.effects) this.#carryOut(effect);
    if (this.#machine !== before) this.#options.changed();
  }

  /** Leaves the sidecar running and reports nothing any more. */
  detach(): void {
    this.#detached = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#run?.detach();
  }

  /** Hands new tokens to the running sidecar. @returns false when there is none to tell */
  async setTokens(tokens: SetTokensRequest): Promise<boolean> {
    return (await this.#run?.setTokens(tokens)) ?? false;
  }

  /** Tells the running sidecar that a secret has a new value. */
  async secretChanged(ref: string): Promise<void> {
    await this.#run?.secretChanged(ref);
  }

  /** Brings the owner's word on a risky action to the running sidecar. @throws `not_running` when there is none */
  async decideApproval(request: DecideApprovalRequest): Promise<string> {
    const message = await this.#run?.decideApproval(request);
    if (message !== undefined) return message;
    throw new PalyraError("not_running", `${this.#machine.displayName} is not running.`);
  }

  /** What happened after a place in the running sidecar's log of events; null when there is none to ask. */
  async events(request: EventsRequest): Promise<EventsResponse | null> {
    return (await this.#run?.events(request)) ?? null;
  }

  /** Adds a line of the supervisor to the service's log. */
  note(level: LogLevel, line: string): void {
    this.#log(level, line);
  }

  #armTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { deadline } = this.#machine;
    if (deadline === null) return;
    const wait = Math.max(0, deadline - this.#options.clock.now());
    this.#timer = setTimeout(() => this.dispatch({ kind: "tick" }), wait);
  }

  #carryOut(effect: ServiceEffect): void {
    if (effect.kind === "log") {
      this.#log(effect.level, effect.line);
      return;
    }
    if (effect.kind === "launch") {
      this.#status = null;
      this.#run = this.#newRun(effect.run);
      this.#run.launch(effect.adoptOnly);
      return;
    }
    const run = this.#run;
    if (run === null || run.number !== effect.run) return;
    switch (effect.kind) {
      case "ping":
        run.ping();
        return;
      case "request_stop":
        run.requestStop(effect.drainMs);
        return;
      case "terminate":
        run.terminate();
        return;
      case "kill":
        run.kill();
        return;
    }
  }

  #newRun(number: number): SidecarRun {
    const run: SidecarRun = new SidecarRun(number, this.#options, {
      event: (event) => this.dispatch(event),
      status: (status) => {
        if (this.#run === run) this.#statusPushed(number, status);
      },
      connected: () => {
        // One that is about to be stopped needs to know nothing any more.
        if (this.#machine.phase !== "stopping") this.#options.connected();
      },
      gone: () => {
        if (this.#run === run) this.#status = null;
      },
      log: (level, text) => this.#log(level, text),
    });
    return run;
  }

  #statusPushed(run: number, status: SidecarStatus): void {
    if (this.#detached || status.service !== this.#options.service) return;
    const redacted = redactDeep(status, this.#options.redactor);
    this.#status = { received_at_unix_ms: this.#options.clock.now(), status: redacted };
    const reason = redacted.reasons[0] ?? null;
    this.dispatch({ kind: "health", run, health: redacted.health, quiet: isQuiet(redacted), reason });
    this.#options.changed();
  }

  #log(level: LogLevel, text: string): void {
    if (this.#detached) return;
    const { service, clock, redactor } = this.#options;
    this.#options.logged(
      [{ unix_ms: clock.now(), service, stream: "supervisor", level, line: redactor.redact(text) }],
      false,
    );
  }
}
