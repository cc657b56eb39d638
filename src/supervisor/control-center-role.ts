import type { GatewayCall, OwnerCommand } from "../contracts/owner-link.ts";
import { serviceDisplayNames, serviceKinds } from "../contracts/service-kinds.ts";
import type { LogLine } from "../contracts/services.ts";
import type { ControlCenterSnapshot, Warning } from "../contracts/snapshot.ts";
import { detailsOf, messageOf, PalyraError } from "../platform/errors.ts";
import { delay } from "./delay.ts";
import { Emitter } from "./emitter.ts";
import type { OwnerClient } from "./owner-client.ts";
import { OwnerSession, type OwnerSessionHost } from "./owner-session.ts";
import { contend, type Ownership } from "./ownership.ts";
import { newServiceMachine } from "./service-model.ts";
import { serviceView } from "./service-view.ts";
import { buildSnapshot } from "./snapshot.ts";
import { warningOf } from "./warnings.ts";
import { within } from "./within.ts";

/** How long a command waits for an owner, in milliseconds. */
const ownerWaitMs = 10_000;
/** How long it waits before it looks for a role again after a failure, in milliseconds. */
const retryMs = 2_000;
/** How long a host that makes way leaves the lease to others, in milliseconds. */
const makeWayMs = 500;
/** How long `leave` waits for a contender to end, in milliseconds. */
const leaveMs = 3_000;

export type RoleName = "owner" | "observer";

type Session =
  | { readonly kind: "owner"; readonly session: OwnerSession }
  | { readonly kind: "observer"; readonly client: OwnerClient }
  | { readonly kind: "none" };

/** What the role needs of its control center. */
export interface RoleHost extends Omit<OwnerSessionHost, "makeWay"> {
  /** A role was found. */
  begun(role: RoleName): void;
}

/**
 * The part this control center plays for its state root: it owns the services, or looks on and forwards
 * commands, or waits for an owner that does not answer. It finds a new part whenever the owner is lost.
 */
export class ControlCenterRole {
  readonly #host: RoleHost;
  /** Fires when a session begins. */
  readonly #sessions = new Emitter<void>();
  #session: Session = { kind: "none" };
  #mirrored: ControlCenterSnapshot | null = null;
  /** What keeps it from having a role. */
  #waitingFor: PalyraError | null = null;
  #contending: Promise<void> = Promise.resolve();
  #closing: Promise<void> = Promise.resolve();
  #left = false;
  readonly #leaving = new AbortController();

  constructor(host: RoleHost) {
    this.#host = host;
  }

  get name(): RoleName {
    return this.#session.kind === "owner" ? "owner" : "observer";
  }

  /** Looks for a role and waits for it at most `waitMs`; without an answer of the owner it goes on looking. */
  async find(waitMs: number): Promise<void> {
    const began = this.#contend();
    await within(waitMs, began);
    began.catch((thrown: unknown) => this.#contendAgain(thrown));
  }

  /** Carries a command out, or has the owner do it, waiting a while for an owner. */
  async command(command: OwnerCommand): Promise<void> {
    const session = await this.#whenInSession();
    if (session.kind === "owner") await session.session.command(command);
    else if (session.kind === "observer") await session.client.command(command);
    else throw this.#withoutRole();
  }

  /** Makes a request of the gateway, or has the owner make it: only the owner needs to reach its token. */
  async callGateway(call: GatewayCall, signal?: AbortSignal): Promise<unknown> {
    const session = await this.#whenInSession();
    if (session.kind === "owner") return await session.session.callGateway(call, signal);
    if (session.kind === "observer") return await session.client.callGateway(call, signal);
    throw this.#withoutRole();
  }

  /** Sends to the observers what the control center has published. */
  publish(snapshot: ControlCenterSnapshot): void {
    if (this.#session.kind === "owner") this.#session.session.publish(snapshot);
  }

  publishLines(lines: readonly LogLine[]): void {
    if (this.#session.kind === "owner") this.#session.session.publishLines(lines);
  }

  /** The picture of the whole as this role knows it. */
  buildSnapshot(revision: number): ControlCenterSnapshot {
    if (this.#session.kind === "owner") return this.#session.session.buildSnapshot(revision);
    const notices = this.#waitingFor === null ? [] : [waitingNotice(this.#waitingFor)];
    if (this.#mirrored !== null) {
      return {
        ...this.#mirrored,
        revision,
        quick_facts: { ...this.#mirrored.quick_facts, role: "observer" },
        warnings: [...notices, ...this.#mirrored.warnings],
      };
    }
    return this.#blank(revision, notices);
  }

  /** Gives the role up; the services live on for their linger time or with another control center. */
  async leave(): Promise<void> {
    this.#left = true;
    this.#leaving.abort();
    await this.#endSession();
    // Commands that wait for an owner wait no longer.
    this.#sessions.emit();
    // A contender that was under way ends at its next step and lets go of what it got.
    const contended = this.#contending.catch((thrown: unknown) =>
      this.#host.options.logger.error(messageOf(thrown)),
    );
    await within(leaveMs, contended);
  }

  #contend(): Promise<void> {
    this.#contending = this.#findRole();
    return this.#contending;
  }

  async #findRole(): Promise<void> {
    const { options, paths, clock } = this.#host;
    const { hostName, version, secrets } = options;
    const result = await contend({
      paths,
      client: { name: hostName, version, pid: process.pid, secrets_home: secrets.home },
      events: {
        snapshot: (snapshot) => this.#mirror(snapshot),
        log: (lines) => this.#host.logged(lines, false),
      },
      now: () => clock.now(),
      waiting: (problem) => this.#wait(problem),
      ended: () => this.#left,
    });
    if (result === null) return;
    this.#waitingFor = null;
    if (result.kind === "owner") {
      const session = await this.#openSession(result);
      if (this.#left) return await session.close();
      this.#session = { kind: "owner", session };
      session.begin();
    } else {
      if (this.#left) return result.client.close();
      this.#session = { kind: "observer", client: result.client };
      this.#mirrored = result.client.snapshot;
      this.#fetchLogs(result.client);
      result.client.onClosed(() => this.#ownerLost(result.client));
    }
    options.logger.info(`This ${hostName} is the ${result.kind} of ${paths.root}.`);
    this.#host.begun(result.kind);
    this.#sessions.emit();
  }

  async #openSession(ownership: Ownership): Promise<OwnerSession> {
    try {
      return await OwnerSession.open({ ...this.#host, makeWay: (why) => this.#makeWay(why) }, ownership);
    } catch (thrown) {
      await ownership.release();
      throw thrown;
    }
  }

  /** The owner's recent lines; new ones come by themselves. */
  #fetchLogs(client: OwnerClient): void {
    client.logs().then(
      (lines) => this.#host.logged(lines, true),
      (thrown: unknown) =>
        this.#host.options.logger.debug(`The owner's log lines are missing: ${messageOf(thrown)}`),
    );
  }

  #ownerLost(client: OwnerClient): void {
    if (this.#left || this.#session.kind !== "observer" || this.#session.client !== client) return;
    this.#session = { kind: "none" };
    this.#contendInBackground();
  }

  #contendInBackground(): void {
    this.#contend().catch((thrown: unknown) => this.#contendAgain(thrown));
  }

  /** Goes on until it has a role: what failed now, as a full disk, can be mended in the meantime. */
  async #contendAgain(thrown: unknown): Promise<void> {
    this.#host.options.logger.error(messageOf(thrown));
    this.#wait(PalyraError.fromDetails(detailsOf(thrown)));
    await delay(retryMs, this.#leaving.signal);
    if (!this.#left) this.#contendInBackground();
  }

  #makeWay(why: string): void {
    if (this.#left || this.#session.kind !== "owner") return;
    const { logger } = this.#host.options;
    logger.info(`${why}; it takes over the services.`);
    this.#endSession()
      .then(() => delay(makeWayMs, this.#leaving.signal))
      .then(() => {
        if (!this.#left) this.#contendInBackground();
      })
      .catch((thrown: unknown) => logger.error(messageOf(thrown)));
  }

  #endSession(): Promise<void> {
    const session = this.#session;
    this.#session = { kind: "none" };
    if (session.kind === "owner") {
      this.#mirrored = this.#host.snapshot();
      // Its socket is closed all the same: whatever failed, this is no owner any more and looks for a new part.
      this.#closing = session.session.close().catch((thrown: unknown) => {
        this.#host.options.logger.error(messageOf(thrown));
      });
    } else if (session.kind === "observer") session.client.close();
    return this.#closing;
  }

  /** The session, waiting a while for one when the owner was just lost. */
  async #whenInSession(): Promise<Session> {
    if (this.#session.kind === "none" && !this.#left) {
      await new Promise<void>((resolve) => {
        const finish = (): void => {
          clearTimeout(timer);
          subscription.dispose();
          resolve();
        };
        const timer = setTimeout(finish, ownerWaitMs);
        const subscription = this.#sessions.on(finish);
      });
    }
    return this.#session;
  }

  #withoutRole(): PalyraError {
    return this.#waitingFor ?? new PalyraError("already_owned", "No window owns the services now.");
  }

  #wait(problem: PalyraError): void {
    this.#waitingFor = problem;
    this.#host.changed();
  }

  #mirror(snapshot: ControlCenterSnapshot): void {
    this.#mirrored = snapshot;
    this.#host.changed();
  }

  /** What is shown before anything is known. */
  #blank(revision: number, notices: readonly Warning[]): ControlCenterSnapshot {
    const { options, paths, clock, profile } = this.#host;
    return buildSnapshot({
      revision,
      generated_at_unix_ms: clock.now(),
      services: serviceKinds.map((service) =>
        serviceView(service, newServiceMachine(serviceDisplayNames[service], false)),
      ),
      facts: {
        version: options.version,
        state_root: paths.root,
        profile,
        role: "observer",
        secrets_home: options.secrets.home,
      },
      gateway: null,
      browserd: null,
      notices,
    });
  }
}

function waitingNotice(problem: PalyraError): Warning {
  return warningOf(`control-center:${problem.code}`, "control-center", "warning", problem.toDetails());
}
