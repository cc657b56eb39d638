import type { ApprovalVerdict } from "../contracts/approvals.ts";
import type { GatewayCall, OwnerCommand } from "../contracts/owner-link.ts";
import { defaultProfileName } from "../contracts/profile-name.ts";
import type { LogLine, ServiceKind } from "../contracts/services.ts";
import type { ControlCenterSnapshot } from "../contracts/snapshot.ts";
import { Redactor } from "../platform/redactor.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";
import { requireAbsolute, type StatePaths, statePaths } from "../platform/state-paths.ts";
import type { ControlCenterOptions, DisposableLike } from "./control-center-options.ts";
import { ControlCenterRole, type RoleName } from "./control-center-role.ts";
import { Emitter } from "./emitter.ts";
import { LogBook } from "./log-book.ts";
import { settableSecret } from "./settable-secret.ts";
import { SnapshotPublisher } from "./snapshot-publisher.ts";
import { UsageSampler } from "./usage-sampler.ts";

/** How long `open` waits for an owner that does not answer before it shows that, in milliseconds. */
const openWaitMs = 3_000;

/**
 * The control center of one state root, for a window or a terminal: runs the services when it is the first,
 * looks on and forwards commands when another does, and takes over when that one goes away.
 */
export class ControlCenter {
  readonly #options: ControlCenterOptions;
  readonly #paths: StatePaths;
  readonly #redactor = new Redactor();
  readonly #book = new LogBook();
  readonly #logs = new Emitter<LogLine>();
  readonly #roles = new Emitter<RoleName>();
  readonly #role: ControlCenterRole;
  readonly #usage: UsageSampler;
  readonly #publisher: SnapshotPublisher;
  #left: Promise<void> | null = null;

  private constructor(options: ControlCenterOptions) {
    this.#options = options;
    this.#paths = statePaths(options.stateRoot);
    const clock = options.clock ?? Date;
    this.#role = new ControlCenterRole({
      options,
      paths: this.#paths,
      redactor: this.#redactor,
      clock,
      profile: options.profile ?? defaultProfileName,
      changed: () => this.#publisher.changed(),
      published: () => this.#publisher.published(),
      logged: (lines, backlog) => this.#logged(lines, backlog),
      logs: (service) => this.#book.recent(service),
      snapshot: () => this.#publisher.latest,
      begun: (role) => {
        this.#publisher.publish();
        this.#roles.emit(role);
      },
    });
    this.#usage = new UsageSampler({
      clock,
      pids: () => this.snapshot.services.flatMap(({ pid }) => pid ?? []),
      changed: () => this.#publisher.changed(),
    });
    this.#publisher = new SnapshotPublisher({
      clock,
      build: (revision) => this.#usage.addTo(this.#role.buildSnapshot(revision)),
      published: (snapshot) => this.#role.publish(snapshot),
    });
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
    // Without an answer of the owner the control center opens all the same and says so.
    await center.#role.find(openWaitMs);
    return center;
  }

  /** The latest snapshot. */
  get snapshot(): ControlCenterSnapshot {
    return this.#publisher.latest;
  }

  get role(): RoleName {
    return this.#role.name;
  }

  /** Calls with each new snapshot: only on change, at most ten a second, with a higher revision. */
  onSnapshot(listener: (snapshot: ControlCenterSnapshot) => void): DisposableLike {
    return this.#publisher.onSnapshot(listener);
  }

  /** Calls with each new line of any service's log. */
  onLog(listener: (line: LogLine) => void): DisposableLike {
    return this.#logs.on(listener);
  }

  /** Calls when this control center became owner or observer. */
  onRole(listener: (role: RoleName) => void): DisposableLike {
    return this.#roles.on(listener);
  }

  /** Has CPU and memory of the services measured and shown until the returned value is disposed. */
  watchUsage(): DisposableLike {
    return this.#usage.watch();
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

  /**
   * Brings the owner's word on a risky action to the gateway.
   * @param reason told to who asked; null for none
   * @throws `not_found`; `conflict` when it does not wait any more; `not_running`
   */
  async decideApproval(
    approvalId: string,
    verdict: ApprovalVerdict,
    reason: string | null = null,
  ): Promise<void> {
    const via = this.#options.hostName;
    await this.#command({ kind: "decide_approval", approval_id: approvalId, verdict, reason, via });
  }

  /**
   * Makes a request of the gateway's administration API.
   * @param signal ends it; what the gateway had not finished is taken back
   * @returns the parsed answer
   * @throws the gateway's error; `not_running`; `service_unavailable`
   */
  async callGateway(call: GatewayCall, signal?: AbortSignal): Promise<unknown> {
    const body = await this.#role.callGateway(call, signal);
    await this.#publisher.published();
    return body;
  }

  /** Recent log lines of one service or all, oldest first. */
  async logs(service?: ServiceKind): Promise<readonly LogLine[]> {
    return this.#book.recent(service);
  }

  /** Leaves; the services live on for their linger time or with another control center. */
  dispose(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  async #leave(): Promise<void> {
    this.#usage.dispose();
    this.#publisher.dispose();
    this.#logs.dispose();
    this.#roles.dispose();
    await this.#role.leave();
  }

  async #command(command: OwnerCommand): Promise<void> {
    await this.#role.command(command);
    await this.#publisher.published();
  }

  #logged(lines: readonly LogLine[], backlog: boolean): void {
    const added = this.#book.add(lines, backlog);
    for (const line of added) this.#logs.emit(line);
    if (added.length > 0) this.#role.publishLines(added);
  }
}

function withService(
  kind: "start" | "stop" | "restart" | "retry",
  service: ServiceKind | undefined,
): OwnerCommand {
  return service === undefined ? { kind } : { kind, service };
}
