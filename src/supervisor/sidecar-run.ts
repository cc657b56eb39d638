import type { ChildProcess } from "node:child_process";
import type { DecideApprovalRequest } from "../contracts/approvals.ts";
import type { HelloResponse, RunRecord, SetTokensRequest } from "../contracts/control-link.ts";
import type { ErrorCode } from "../contracts/errors.ts";
import { serviceDisplayNames } from "../contracts/service-kinds.ts";
import type { SidecarStatus } from "../contracts/sidecar-status.ts";
import type { EventsRequest, EventsResponse } from "../contracts/timeline.ts";
import { detailsOf, messageOf, PalyraError } from "../platform/errors.ts";
import { killTree, terminate } from "../platform/kill-tree.ts";
import { identify, isSameProcess, type ProcessIdentity } from "../platform/process-identity.ts";
import { crashFile } from "../platform/state-paths.ts";
import { unlessAborted } from "../platform/unless-aborted.ts";
import { adoptSidecar } from "./adopt-sidecar.ts";
import { type BootFacts, ensureEndpointFolders, newBootLine } from "./boot-facts.ts";
import { compareVersions } from "./compare-versions.ts";
import type { ControlLink } from "./control-link.ts";
import { readCrashFile } from "./crash-file.ts";
import { delay } from "./delay.ts";
import { openSidecarLink, type SidecarLink } from "./open-sidecar-link.ts";
import { redactDeep } from "./redact-deep.ts";
import { readRunRecord, removeRunRecord, removeStaleEndpoint, writeRunRecord } from "./run-record.ts";
import type { SidecarRunEvents, SidecarRunOptions } from "./sidecar-run-options.ts";
import { requireProgram, spawnSidecar } from "./spawn-sidecar.ts";

/** How often a starting sidecar is tried, in milliseconds. */
const connectEveryMs = 20;

/** Failures of a launch that trying again cannot mend. */
const lastingErrors: readonly ErrorCode[] = [
  "config_invalid",
  "secrets_elsewhere",
  "state_newer",
  "untrusted_responder",
];

/** One launch of a sidecar and what becomes of it: found or spawned, connected, watched, ended. */
export class SidecarRun {
  readonly number: number;
  readonly #options: SidecarRunOptions;
  readonly #events: SidecarRunEvents;
  #child: ChildProcess | null = null;
  #identity: ProcessIdentity | null = null;
  #link: ControlLink | null = null;
  #record: RunRecord | null = null;
  /** Fires when a stop is ordered before the process could be reached. */
  readonly #abort = new AbortController();
  /** Its end was reported. */
  #ended = false;
  #detached = false;

  constructor(number: number, options: SidecarRunOptions, events: SidecarRunEvents) {
    this.number = number;
    this.#options = options;
    this.#events = events;
  }

  /** Takes over the running sidecar or, unless `adoptOnly`, spawns one. */
  launch(adoptOnly: boolean): void {
    this.#background(this.#launch(adoptOnly));
  }

  /** Leaves the sidecar running and tells nothing any more. */
  detach(): void {
    this.#detached = true;
    this.#link?.close();
  }

  /** Sends a heartbeat; the answer is a `pong`. */
  ping(): void {
    this.#background(this.#ping());
  }

  /** Asks the sidecar to end, over the link or by signal. */
  requestStop(drainMs: number): void {
    this.#background(this.#requestStop(drainMs));
  }

  terminate(): void {
    this.#background(this.#terminate());
  }

  kill(): void {
    this.#background(this.#kill());
  }

  /** Hands new tokens to the sidecar. @returns false when it cannot be told */
  async setTokens(tokens: SetTokensRequest): Promise<boolean> {
    const link = this.#link;
    if (link === null) return false;
    await link.setTokens(tokens);
    return true;
  }

  /** What happened after a place in the sidecar's log of events; null when it cannot be asked. */
  async events(request: EventsRequest): Promise<EventsResponse | null> {
    return (await this.#link?.events(request)) ?? null;
  }

  /** Tells the sidecar that a secret has a new value. */
  async secretChanged(ref: string): Promise<void> {
    await this.#link?.secretChanged(ref);
  }

  /** Brings the owner's word on a risky action. @returns what came of it; nothing when there is no connection */
  async decideApproval(request: DecideApprovalRequest): Promise<string | undefined> {
    return await this.#link?.decideApproval(request);
  }

  /** What fails in the background is never silent; the machine's deadlines go on without it. */
  #background(work: Promise<void>): void {
    work.catch((thrown: unknown) => this.#events.log("error", messageOf(thrown)));
  }

  async #ping(): Promise<void> {
    const { timings } = this.#options;
    try {
      await this.#link?.ping(timings.heartbeatMs * timings.heartbeatMisses);
    } catch {
      // The machine counts the pong that does not come.
      return;
    }
    if (this.#link !== null) this.#events.event({ kind: "pong", run: this.number });
  }

  async #requestStop(drainMs: number): Promise<void> {
    try {
      if (this.#link !== null) return await this.#link.stop(drainMs);
    } catch (thrown) {
      if (this.#ended) return;
      this.#events.log("warn", `The request to stop failed: ${messageOf(thrown)}`);
    }
    await this.#terminate();
  }

  async #terminate(): Promise<void> {
    this.#abort.abort();
    if (this.#identity !== null) await terminate(this.#identity);
    else this.#child?.kill("SIGTERM");
  }

  async #kill(): Promise<void> {
    this.#abort.abort();
    if (this.#identity !== null) await killTree(this.#identity);
    else this.#child?.kill("SIGKILL");
  }

  async #launch(adoptOnly: boolean): Promise<void> {
    try {
      if (await this.#adopt()) return;
      if (adoptOnly || this.#abort.signal.aborted || this.#detached) this.#launchFailed(null);
      else await this.#spawn();
    } catch (thrown) {
      if (this.#child === null) this.#launchFailed(thrown);
      else if (!this.#ended) {
        // It lives but cannot be used; its exit is reported and counted.
        this.#events.log("error", messageOf(thrown));
        await this.#kill();
      }
    }
  }

  #launchFailed(thrown: unknown): void {
    this.#ended = true;
    const details = thrown === null ? null : detailsOf(thrown);
    const error = details === null ? null : redactDeep(details, this.#options.redactor);
    const lasting = details === null || lastingErrors.includes(details.code);
    this.#events.event({ kind: "launch_failed", run: this.number, error, lasting });
  }

  async #adopt(): Promise<boolean> {
    const { paths, service, clock } = this.#options;
    const record = await readRunRecord(paths, service);
    if (record === null) return false;
    this.#record = record;
    const adopted = await adoptSidecar(record, {
      open: (known) => this.#open(known),
      found: (identity) => {
        this.#identity = identity;
      },
      removeEndpoint: () => removeStaleEndpoint(paths, record.endpoint),
      now: () => clock.now(),
      ended: () => this.#detached,
    });
    if (adopted === null) {
      this.#identity = null;
      return false;
    }
    this.#identity = adopted.identity;
    const { pid, start } = adopted.identity;
    if (record.pid !== pid || record.process_start !== start) {
      this.#record = { ...record, pid, process_start: start };
      await writeRunRecord(paths, this.#record);
    }
    this.#connected(adopted.link, adopted.hello);
    return true;
  }

  async #spawn(): Promise<void> {
    const { service, paths, program, client, clock, redactor } = this.#options;
    await requireProgram(serviceDisplayNames[service], program);
    const facts = await this.#bootFacts();
    if (facts === null || this.#detached) return this.#launchFailed(null);
    this.#sayIfOlder();
    const boot = newBootLine(service, paths, facts);
    redactor.add(boot.instance_id);
    for (const token of boot.tokens) redactor.add(token);
    await ensureEndpointFolders(paths, boot.endpoint);
    const record: RunRecord = {
      service,
      instance_id: boot.instance_id,
      endpoint: boot.endpoint,
      version: client.version,
      pid: null,
      process_start: null,
      spawned_at_unix_ms: clock.now(),
    };
    this.#record = record;
    await writeRunRecord(paths, record);
    if (this.#detached) return this.#launchFailed(null);
    let child: ChildProcess;
    try {
      this.#abort.signal.throwIfAborted();
      child = await spawnSidecar(program, boot, paths);
    } catch (thrown) {
      // The next launch would wait for a process that there never was; what another owner wrote is not ours.
      if (!this.#detached) await removeRunRecord(paths, service);
      if (this.#abort.signal.aborted) return this.#launchFailed(null);
      throw thrown;
    }
    this.#child = child;
    this.#watchChild(child);
    if (child.pid !== undefined) {
      this.#identity = await identify(child.pid);
      this.#record = { ...record, pid: child.pid, process_start: this.#identity?.start ?? null };
      await writeRunRecord(paths, this.#record);
    }
    await this.#connectUntilReady(this.#record);
  }

  /** Null when a stop is ordered meanwhile: a keyring may wait for its user for as long as it likes. */
  async #bootFacts(): Promise<BootFacts | null> {
    const { signal } = this.#abort;
    try {
      return await unlessAborted(this.#options.bootFacts(), signal);
    } catch (thrown) {
      if (signal.aborted) return null;
      throw thrown;
    }
  }

  /** A newer version ended and only this older one is here: an older answer is better than none, and it is said. */
  #sayIfOlder(): void {
    const { service, client } = this.#options;
    const before = this.#record?.version;
    if (before === undefined || compareVersions(client.version, before) >= 0) return;
    this.#events.log(
      "warn",
      `${serviceDisplayNames[service]} had version ${before}; only version ${client.version} is here, so that is started. Open a window with the newer version to have it again.`,
    );
  }

  #watchChild(child: ChildProcess): void {
    const exited = (code: number | null, signal: NodeJS.Signals | null): void => {
      this.#background(this.#reportExit(code, signal));
    };
    if (child.exitCode !== null || child.signalCode !== null) exited(child.exitCode, child.signalCode);
    else child.once("exit", exited);
  }

  async #reportExit(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (this.#ended || this.#detached) return;
    this.#ended = true;
    this.#link?.close();
    this.#link = null;
    this.#events.gone();
    const { paths, service, redactor, clock } = this.#options;
    const words = redactDeep(await readCrashFile(crashFile(paths, service)), redactor);
    const stamp = { unix_ms: clock.now(), service, stream: "stderr", level: "error" } as const;
    if (code !== 0 && words.stderr.length > 0) {
      this.#options.logged(
        words.stderr.slice(-50).map((line) => ({ ...stamp, line })),
        false,
      );
    }
    this.#events.event({ kind: "exited", run: this.number, exit: { code, signal, ...words } });
  }

  /** Tries until the sidecar proves itself or ends; the machine's deadline ends one that never does. */
  async #connectUntilReady(record: RunRecord): Promise<void> {
    while (!this.#ended && !this.#detached) {
      try {
        const { link, hello } = await this.#open(record);
        this.#connected(link, hello);
        return;
      } catch (thrown) {
        if (thrown instanceof PalyraError && thrown.code !== "service_unavailable") throw thrown;
        // Not yet: it does not listen before it can serve.
      }
      if (this.#child === null && !(await this.#stillThere())) return;
      await delay(connectEveryMs);
    }
  }

  async #stillThere(): Promise<boolean> {
    if (this.#identity !== null && (await isSameProcess(this.#identity))) return true;
    await this.#reportExit(null, null);
    return false;
  }

  #open(record: RunRecord): Promise<SidecarLink> {
    return openSidecarLink(record, this.#options, {
      status: (status) => this.#statusPushed(status),
      cut: (reason) => this.#events.log("warn", `The connection is ended: ${reason}.`),
    });
  }

  #connected(link: ControlLink, hello: HelloResponse): void {
    if (this.#ended || this.#detached) {
      link.close();
      return;
    }
    this.#link = link;
    const facts = {
      pid: hello.pid,
      version: hello.version,
      ports: hello.ports,
      started_at_unix_ms: hello.started_at_unix_ms,
      adopted: this.#child === null,
    };
    const outdated = facts.adopted && compareVersions(hello.version, this.#options.client.version) < 0;
    this.#events.event({ kind: "connected", run: this.number, facts, outdated });
    this.#statusPushed(hello.status);
    link.onClosed(() => this.#background(this.#linkLost(link)));
    this.#events.connected();
  }

  async #linkLost(link: ControlLink): Promise<void> {
    if (this.#link !== link || this.#ended || this.#detached || this.#record === null) return;
    this.#link = null;
    await this.#connectUntilReady(this.#record);
  }

  #statusPushed(status: SidecarStatus): void {
    if (!this.#ended && !this.#detached) this.#events.status(status);
  }
}
