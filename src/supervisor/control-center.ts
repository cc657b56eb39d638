import type { OwnerCommand } from "../contracts/owner-link.ts";
import { type LogLine, type ServiceKind, serviceDisplayNames, serviceKinds } from "../contracts/services.ts";
import type { ControlCenterSnapshot, Warning } from "../contracts/snapshot.ts";
import { detailsOf, messageOf, PalyraError } from "../platform/errors.ts";
import { Redactor } from "../platform/redactor.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";
import { requireAbsolute, type StatePaths, statePaths } from "../platform/state-paths.ts";
import type { ControlCenterOptions, DisposableLike } from "./control-center-options.ts";
import { delay } from "./delay.ts";
import { Emitter } from "./emitter.ts";
import { LogRing } from "./log-ring.ts";
import type { OwnerClient } from "./owner-client.ts";
import { OwnerSession, type OwnerSessionHost } from "./owner-session.ts";
import { contend, type Ownership } from "./ownership.ts";
import { newServiceMachine } from "./service-machine.ts";
import { serviceView } from "./service-view.ts";
import { settableSecret } from "./settable-secret.ts";
import { buildSnapshot } from "./snapshot.ts";
import { warningOf } from "./warnings.ts";

/** Shortest time between two snapshots, in milliseconds: at most ten a second. */
const publishMs = 100;
/** How long `open` waits for an owner that does not answer before it shows that, in milliseconds. */
const openWaitMs = 3_000;
/** How long a command waits for an owner, in milliseconds. */
const ownerWaitMs = 10_000;
/** How long it waits before it looks for a role again after a failure, in milliseconds. */
const retryMs = 2_000;
/** How long a host that makes way leaves the lease to others, in milliseconds. */
const makeWayMs = 500;
/** How long `dispose` waits for a contender to end, in milliseconds. */
const leaveMs = 3_000;

type Session =
  | { readonly kind: "owner"; readonly session: OwnerSession }
  | { readonly kind: "observer"; readonly client: OwnerClient }
  | { readonly kind: "none" };

/**
 * The control center of one state root, for a window or a terminal: runs the services when it is the first,
 * looks on and forwards commands when another does, and takes over when that one goes away.
 */
export class ControlCenter {
  readonly #options: ControlCenterOptions;
  readonly #paths: StatePaths;
  readonly #clock: { now(): number };
  readonly #redactor = new Redactor();
  readonly #rings: ReadonlyMap<ServiceKind, LogRing>;
  readonly #snapshots = new Emitter<ControlCenterSnapshot>();
  readonly #logs = new Emitter<LogLine>();
  readonly #roles = new Emitter<"owner" | "observer">();
  /** Fires when a session begins. */
  readonly #sessions = new Emitter<void>();
  #session: Session = { kind: "none" };
  #mirrored: ControlCenterSnapshot | null = null;
  /** What keeps it from having a role. */
  #waitingFor: PalyraError | null = null;
  #snapshot: ControlCenterSnapshot;
  #fingerprint = "";
  #publishTimer: NodeJS.Timeout | null = null;
  #awaitingPublish: (() => void)[] = [];
  #publishedAt = Number.NEGATIVE_INFINITY;
  #contending: Promise<void> = Promise.resolve();
  #closing: Promise<void> = Promise.resolve();
  #disposed = false;
  readonly #leaving = new AbortController();
  #left: Promise<void> | null = null;

  private constructor(options: ControlCenterOptions) {
    this.#options = options;
    this.#paths = statePaths(options.stateRoot);
    this.#clock = options.clock ?? Date;
    this.#rings = new Map(serviceKinds.map((service) => [service, new LogRing()]));
    this.#snapshot = this.#build(0);
    this.#fingerprint = fingerprintOf(this.#snapshot);
  }

  /**
   * Opens the control center and sets the services going; does not wait for them.
   * @throws `config_invalid` when the state root cannot be used; `storage_failed`
   */
  static async open(options: ControlCenterOptions): Promise<ControlCenter> {
    const stateRoot = requireAbsolute(options.stateRoot, "the state root");
    const center = new ControlCenter({ ...options, stateRoot });
    await ensurePrivateFolder(center.#paths.root);
    await ensurePrivateFolder(center.#paths.runDir);
    const began = center.#contend();
    // Without an answer of the owner the control center opens all the same and says so.
    await within(openWaitMs, began);
    began.catch((thrown: unknown) => center.#contendAgain(thrown));
    return center;
  }

  /** The latest snapshot. */
  get snapshot(): ControlCenterSnapshot {
    return this.#snapshot;
  }

  get role(): "owner" | "observer" {
    return this.#session.kind === "owner" ? "owner" : "observer";
  }

  /** Calls with each new snapshot: only on change, at most ten a second, with a higher revision. */
  onSnapshot(listener: (snapshot: ControlCenterSnapshot) => void): DisposableLike {
    return this.#snapshots.on(listener);
  }

  /** Calls with each new line of any service's log. */
  onLog(listener: (line: LogLine) => void): DisposableLike {
    return this.#logs.on(listener);
  }

  /** Calls when this control center became owner or observer. */
  onRole(listener: (role: "owner" | "observer") => void): DisposableLike {
    return this.#roles.on(listener);
  }

  /**
   * Starts one service or all, and resolves when they run.
   * @throws why one of them does not
   */
  async start(service?: ServiceKind): Promise<void> {
    await this.#command(withService("start", service));
  }

  /** Stops one service or all, and resolves when their processes are gone. */
  async stop(service?: ServiceKind): Promise<void> {
    await this.#command(withService("stop", service));
  }

  /** Stops and starts one service or all, and resolves when they run again. */
  async restart(service?: ServiceKind): Promise<void> {
    await this.#command(withService("restart", service));
  }

  /** Starts what failed, with a clean count of crashes. */
  async retry(service?: ServiceKind): Promise<void> {
    await this.#command(withService("retry", service));
  }

  /** Replaces our tokens. The old ones stay valid for ten seconds; nothing restarts. */
  async rotateTokens(): Promise<void> {
    await this.#command({ kind: "rotate_tokens" });
  }

  /**
   * Stores a secret where the secrets of this state root live, and tells the services.
   * @throws `validation_error` as `settableSecret`
   */
  async setSecret(ref: string, value: string): Promise<void> {
    const settable = settableSecret(ref, value);
    this.#redactor.add(settable);
    await this.#command({ kind: "set_secret", ref, value: settable });
  }

  async deleteSecret(ref: string): Promise<void> {
    await this.#command({ kind: "delete_secret", ref });
  }

  /** Recent log lines of one service or all, oldest first. */
  async logs(service?: ServiceKind): Promise<readonly LogLine[]> {
    return this.#recentLines(service);
  }

  /** Leaves; the services live on for their linger time or with another control center. */
  dispose(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  async #leave(): Promise<void> {
    this.#disposed = true;
    this.#leaving.abort();
    if (this.#publishTimer !== null) clearTimeout(this.#publishTimer);
    this.#publishTimer = null;
    for (const resolve of this.#awaitingPublish.splice(0)) resolve();
    for (const emitter of [this.#snapshots, this.#logs, this.#roles]) emitter.dispose();
    await this.#endSession();
    // Commands that wait for an owner wait no longer.
    this.#sessions.emit();
    // A contender that was under way ends at its next step and lets go of what it got.
    const contended = this.#contending.catch((thrown: unknown) =>
      this.#options.logger.error(messageOf(thrown)),
    );
    await within(leaveMs, contended);
  }

  /** Finds its role; begun again whenever the owner is lost. */
  #contend(): Promise<void> {
    this.#contending = this.#findRole();
    return this.#contending;
  }

  async #findRole(): Promise<void> {
    const { hostName, version, secrets } = this.#options;
    const result = await contend({
      paths: this.#paths,
      client: { name: hostName, version, pid: process.pid, secrets_home: secrets.home },
      events: {
        snapshot: (snapshot) => this.#mirror(snapshot),
        log: (lines) => this.#logged(lines, false),
      },
      now: () => this.#clock.now(),
      waiting: (problem) => this.#wait(problem),
      ended: () => this.#disposed,
    });
    if (result === null) return;
    this.#waitingFor = null;
    if (result.kind === "owner") {
      const session = await this.#openSession(result);
      if (this.#disposed) return await session.close();
      this.#session = { kind: "owner", session };
      session.begin();
    } else {
      if (this.#disposed) return result.client.close();
      this.#session = { kind: "observer", client: result.client };
      this.#mirrored = result.client.snapshot;
      this.#fetchLogs(result.client);
      result.client.onClosed(() => this.#ownerLost(result.client));
    }
    this.#options.logger.info(`This ${hostName} is the ${result.kind} of ${this.#paths.root}.`);
    this.#publish();
    this.#roles.emit(result.kind);
    this.#sessions.emit();
  }

  async #openSession(ownership: Ownership): Promise<OwnerSession> {
    try {
      return await OwnerSession.open(this.#sessionHost(), ownership);
    } catch (thrown) {
      await ownership.release();
      throw thrown;
    }
  }

  /** The owner's recent lines; new ones come by themselves. */
  #fetchLogs(client: OwnerClient): void {
    client.logs().then(
      (lines) => this.#logged(lines, true),
      (thrown: unknown) =>
        this.#options.logger.debug(`The owner's log lines are missing: ${messageOf(thrown)}`),
    );
  }

  #ownerLost(client: OwnerClient): void {
    if (this.#disposed || this.#session.kind !== "observer" || this.#session.client !== client) return;
    this.#session = { kind: "none" };
    this.#contendInBackground();
  }

  #contendInBackground(): void {
    this.#contend().catch((thrown: unknown) => this.#contendAgain(thrown));
  }

  /** Goes on until it has a role: what failed now, as a full disk, can be mended in the meantime. */
  async #contendAgain(thrown: unknown): Promise<void> {
    this.#options.logger.error(messageOf(thrown));
    this.#wait(PalyraError.fromDetails(detailsOf(thrown)));
    await delay(retryMs, this.#leaving.signal);
    if (!this.#disposed) this.#contendInBackground();
  }

  #makeWay(): void {
    if (this.#disposed || this.#session.kind !== "owner") return;
    this.#options.logger.info("Another window holds the secrets; it takes over the services.");
    this.#endSession()
      .then(() => delay(makeWayMs, this.#leaving.signal))
      .then(() => {
        if (!this.#disposed) this.#contendInBackground();
      })
      .catch((thrown: unknown) => this.#options.logger.error(messageOf(thrown)));
  }

  #endSession(): Promise<void> {
    const session = this.#session;
    this.#session = { kind: "none" };
    if (session.kind === "owner") {
      this.#mirrored = this.#snapshot;
      this.#closing = session.session.close();
    } else if (session.kind === "observer") session.client.close();
    return this.#closing;
  }

  #sessionHost(): OwnerSessionHost {
    return {
      options: this.#options,
      paths: this.#paths,
      redactor: this.#redactor,
      clock: this.#clock,
      profile: "default",
      changed: () => this.#changed(),
      published: () => this.#published(),
      logged: (lines, backlog) => this.#logged(lines, backlog),
      logs: (service) => this.#recentLines(service),
      snapshot: () => this.#snapshot,
      makeWay: () => this.#makeWay(),
    };
  }

  async #command(command: OwnerCommand): Promise<void> {
    const session = await this.#whenInSession();
    if (session.kind === "owner") await session.session.command(command);
    else if (session.kind === "observer") await session.client.command(command);
    else {
      throw this.#waitingFor ?? new PalyraError("already_owned", "No window owns the services now.");
    }
    await this.#published();
  }

  /** Resolves when every change so far is in the snapshot. */
  #published(): Promise<void> {
    if (this.#publishTimer === null) return Promise.resolve();
    return new Promise((resolve) => this.#awaitingPublish.push(resolve));
  }

  /** The session, waiting a while for one when the owner was just lost. */
  async #whenInSession(): Promise<Session> {
    if (this.#session.kind === "none" && !this.#disposed) {
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

  #wait(problem: PalyraError): void {
    this.#waitingFor = problem;
    this.#changed();
  }

  #mirror(snapshot: ControlCenterSnapshot): void {
    this.#mirrored = snapshot;
    this.#changed();
  }

  #logged(lines: readonly LogLine[], backlog: boolean): void {
    const added = serviceKinds.flatMap((service) => {
      const own = lines.filter((line) => line.service === service);
      const ring = this.#rings.get(service);
      if (ring === undefined || own.length === 0) return [];
      return backlog ? ring.merge(own) : ring.add(own);
    });
    for (const line of added) this.#logs.emit(line);
    if (added.length > 0 && this.#session.kind === "owner") this.#session.session.publishLines(added);
  }

  #recentLines(service: ServiceKind | undefined): readonly LogLine[] {
    const rings = service === undefined ? [...this.#rings.values()] : [this.#rings.get(service)];
    return rings.flatMap((ring) => ring?.lines ?? []).sort((a, b) => a.unix_ms - b.unix_ms);
  }

  #changed(): void {
    if (this.#publishTimer !== null || this.#disposed) return;
    const wait = this.#publishedAt + publishMs - this.#clock.now();
    // At once after a quiet time, but after the step in progress, so that one step gives one snapshot.
    this.#publishTimer = setTimeout(() => this.#publish(), Math.min(Math.max(wait, 0), publishMs));
  }

  #publish(): void {
    if (this.#publishTimer !== null) clearTimeout(this.#publishTimer);
    this.#publishTimer = null;
    const next = this.#build(this.#snapshot.revision + 1);
    const fingerprint = fingerprintOf(next);
    if (fingerprint !== this.#fingerprint) {
      this.#fingerprint = fingerprint;
      this.#snapshot = next;
      this.#publishedAt = this.#clock.now();
      if (this.#session.kind === "owner") this.#session.session.publish(next);
      this.#snapshots.emit(next);
    }
    for (const resolve of this.#awaitingPublish.splice(0)) resolve();
  }

  #build(revision: number): ControlCenterSnapshot {
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

  /** What is shown before anything is known. */
  #blank(revision: number, notices: readonly Warning[]): ControlCenterSnapshot {
    const { version, secrets } = this.#options;
    return buildSnapshot({
      revision,
      generated_at_unix_ms: this.#clock.now(),
      services: serviceKinds.map((service) =>
        serviceView(service, newServiceMachine(serviceDisplayNames[service], false)),
      ),
      facts: {
        version,
        state_root: this.#paths.root,
        profile: "default",
        role: "observer",
        secrets_home: secrets.home,
      },
      gateway: null,
      browserd: null,
      notices,
    });
  }
}

/** Waits until `work` is done, at most `ms` milliseconds. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const done = new AbortController();
  try {
    await Promise.race([work, delay(ms, done.signal)]);
  } finally {
    done.abort();
  }
}

function waitingNotice(problem: PalyraError): Warning {
  return warningOf(`control-center:${problem.code}`, "control-center", "warning", problem.toDetails());
}

/** Equal for two snapshots that differ only in their number and time. */
function fingerprintOf(snapshot: ControlCenterSnapshot): string {
  return JSON.stringify({ ...snapshot, revision: 0, generated_at_unix_ms: 0 });
}

function withService(
  kind: "start" | "stop" | "restart" | "retry",
  service: ServiceKind | undefined,
): OwnerCommand {
  return service === undefined ? { kind } : { kind, service };
}
