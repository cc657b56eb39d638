import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { access } from "node:fs/promises";
import path from "node:path";
import {
  type BootLine,
  controlLinkProtocol,
  type HelloRequest,
  type HelloResponse,
  type RunRecord,
  type SecretRequest,
  type SecretResponse,
  type SetTokensRequest,
} from "../contracts/control-link.ts";
import type { ErrorCode } from "../contracts/errors.ts";
import type { LogLevel, LogLine, ServiceKind } from "../contracts/services.ts";
import { serviceDisplayNames } from "../contracts/services.ts";
import type { SidecarStatus } from "../contracts/sidecar-status.ts";
import type { ServiceView } from "../contracts/snapshot.ts";
import { detailsOf, messageOf, PalyraError } from "../platform/errors.ts";
import { killTree, terminate } from "../platform/kill-tree.ts";
import { identify, isSameProcess, type ProcessIdentity } from "../platform/process-identity.ts";
import type { Redactor } from "../platform/redactor.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";
import { crashFile, localEndpoint, type StatePaths } from "../platform/state-paths.ts";
import { adoptSidecar } from "./adopt-sidecar.ts";
import { ControlLink, type ControlLinkEvents } from "./control-link.ts";
import { readCrashFile } from "./crash-file.ts";
import { delay } from "./delay.ts";
import { redactDeep } from "./redact-deep.ts";
import { readRunRecord, writeRunRecord } from "./run-record.ts";
import {
  newServiceMachine,
  type ServiceEffect,
  type ServiceEvent,
  type ServiceMachine,
  step,
} from "./service-machine.ts";
import { serviceView } from "./service-view.ts";
import { type SidecarProgram, spawnSidecar } from "./spawn-sidecar.ts";
import type { SupervisorTimings } from "./supervisor-timings.ts";

/** Time for a connection and for a hello, each in milliseconds. */
const helloMs = 2_000;
/** How often a starting sidecar is tried, in milliseconds. */
const connectEveryMs = 20;

/** Failures of a launch that trying again cannot mend. */
const lastingErrors: readonly ErrorCode[] = [
  "config_invalid",
  "secrets_elsewhere",
  "state_newer",
  "untrusted_responder",
];

/** What a spawn needs and only its moment knows. */
export type BootFacts = Pick<BootLine, "port" | "tokens" | "linger_seconds" | "log_level" | "browser_path">;

export interface RunnerOptions {
  readonly service: ServiceKind;
  readonly desired: boolean;
  readonly paths: StatePaths;
  readonly program: SidecarProgram;
  readonly client: HelloRequest["client"];
  readonly timings: SupervisorTimings;
  readonly redactor: Redactor;
  readonly clock: { now(): number };
  readonly random: () => number;
  /** Rejects with `secrets_elsewhere` and the like when the tokens cannot be had. */
  bootFacts(): Promise<BootFacts>;
  secret(request: SecretRequest): Promise<SecretResponse>;
  /** A sidecar proved itself: what may have changed without it is to be sent. */
  connected(): void;
  /** The view or the status changed. */
  changed(): void;
  /** `backlog`: lines that may be known already. */
  logged(lines: readonly LogLine[], backlog: boolean): void;
}

/** One launch and what became of it. */
interface Run {
  readonly number: number;
  child: ChildProcess | null;
  identity: ProcessIdentity | null;
  link: ControlLink | null;
  record: RunRecord | null;
  /** A stop was ordered before the process could be reached. */
  aborted: boolean;
  /** Its end was reported. */
  ended: boolean;
}

/** Carries out the effects of one service's state machine and feeds it with what happens. */
export class ServiceRunner {
  readonly #options: RunnerOptions;
  readonly #displayName: string;
  #machine: ServiceMachine;
  #run: Run | null = null;
  #status: { readonly received_at_unix_ms: number; readonly status: SidecarStatus } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #detached = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#displayName = serviceDisplayNames[options.service];
    this.#machine = newServiceMachine(this.#displayName, options.desired);
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
    const before = this.#machine;
    const next = step(before, event, { now: clock.now(), random: random(), timings });
    this.#machine = next.state;
    this.#armTimer();
    for (const effect of next.effects) this.#carryOut(effect);
    if (this.#machine !== before) this.#options.changed();
  }

  /** Leaves the sidecar running and reports nothing any more. */
  detach(): void {
    this.#detached = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#run?.link?.close();
  }

  /** Hands new tokens to the running sidecar. @returns false when there is none to tell */
  async setTokens(tokens: SetTokensRequest): Promise<boolean> {
    const link = this.#run?.link ?? null;
    if (link === null) return false;
    await link.setTokens(tokens);
    return true;
  }

  /** Tells the running sidecar that a secret has a new value. */
  async secretChanged(ref: string): Promise<void> {
    await this.#run?.link?.secretChanged(ref);
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
      const run = newRun(effect.run);
      this.#run = run;
      this.#status = null;
      this.#background(this.#launch(run, effect.adoptOnly));
      return;
    }
    const run = this.#run;
    if (run === null || run.number !== effect.run) return;
    switch (effect.kind) {
      case "ping":
        this.#background(this.#ping(run));
        return;
      case "request_stop":
        this.#background(this.#requestStop(run, effect.drainMs));
        return;
      case "terminate":
        this.#background(this.#terminate(run));
        return;
      case "kill":
        this.#background(this.#kill(run));
        return;
    }
  }

  /** What fails in the background is never silent; the machine's deadlines go on without it. */
  #background(work: Promise<void>): void {
    work.catch((thrown: unknown) => this.#log("error", messageOf(thrown)));
  }

  async #ping(run: Run): Promise<void> {
    const { timings } = this.#options;
    try {
      await run.link?.ping(timings.heartbeatMs * timings.heartbeatMisses);
    } catch {
      // The machine counts the pong that does not come.
      return;
    }
    if (run.link !== null) this.dispatch({ kind: "pong", run: run.number });
  }

  async #requestStop(run: Run, drainMs: number): Promise<void> {
    try {
      if (run.link !== null) return await run.link.stop(drainMs);
    } catch (thrown) {
      if (run.ended) return;
      this.#log("warn", `The request to stop failed: ${messageOf(thrown)}`);
    }
    await this.#terminate(run);
  }

  async #terminate(run: Run): Promise<void> {
    run.aborted = true;
    if (run.identity !== null) await terminate(run.identity);
    else run.child?.kill("SIGTERM");
  }

  async #kill(run: Run): Promise<void> {
    run.aborted = true;
    if (run.identity !== null) await killTree(run.identity);
    else run.child?.kill("SIGKILL");
  }

  async #launch(run: Run, adoptOnly: boolean): Promise<void> {
    try {
      if (await this.#adopt(run)) return;
      if (adoptOnly || run.aborted || this.#detached) this.#launchFailed(run, null);
      else await this.#spawn(run);
    } catch (thrown) {
      if (run.child === null) this.#launchFailed(run, thrown);
      else if (!run.ended) {
        // It lives but cannot be used; its exit is reported and counted.
        this.#log("error", messageOf(thrown));
        await this.#kill(run);
      }
    }
  }

  #launchFailed(run: Run, thrown: unknown): void {
    run.ended = true;
    const details = thrown === null ? null : detailsOf(thrown);
    const error = details === null ? null : redactDeep(details, this.#options.redactor);
    const lasting = details === null || lastingErrors.includes(details.code);
    this.dispatch({ kind: "launch_failed", run: run.number, error, lasting });
  }

  async #adopt(run: Run): Promise<boolean> {
    const { paths, service, clock } = this.#options;
    const record = await readRunRecord(paths, service);
    if (record === null) return false;
    run.record = record;
    const adopted = await adoptSidecar(record, {
      open: (known) => this.#open(run, known),
      found: (identity) => {
        run.identity = identity;
      },
      now: () => clock.now(),
      ended: () => this.#detached,
    });
    if (adopted === null) {
      run.identity = null;
      return false;
    }
    run.identity = adopted.identity;
    if (record.pid === null) {
      run.record = { ...record, pid: adopted.identity.pid, process_start: adopted.identity.start };
      await writeRunRecord(paths, run.record);
    }
    this.#connected(run, adopted.link, adopted.hello);
    return true;
  }

  async #spawn(run: Run): Promise<void> {
    const { service, paths, program, client, clock } = this.#options;
    await requireProgram(this.#displayName, program);
    const facts = await this.#options.bootFacts();
    if (run.aborted || this.#detached) return this.#launchFailed(run, null);
    const boot: BootLine = {
      protocol: controlLinkProtocol,
      service,
      instance_id: randomBytes(32).toString("base64url"),
      state_root: paths.root,
      // A name of its own, so that a sidecar that is still ending cannot remove the socket of the next one.
      endpoint: localEndpoint(paths, `${service}-${randomBytes(4).toString("hex")}`),
      ...facts,
    };
    const { redactor } = this.#options;
    redactor.add(boot.instance_id);
    for (const token of boot.tokens) redactor.add(token);
    await ensurePrivateFolder(paths.runDir);
    if (process.platform !== "win32") await ensurePrivateFolder(path.dirname(boot.endpoint));
    const record: RunRecord = {
      service,
      instance_id: boot.instance_id,
      endpoint: boot.endpoint,
      version: client.version,
      pid: null,
      process_start: null,
      spawned_at_unix_ms: clock.now(),
    };
    run.record = record;
    await writeRunRecord(paths, record);
    if (run.aborted || this.#detached) return this.#launchFailed(run, null);
    const child = await spawnSidecar(program, boot, paths);
    run.child = child;
    this.#watchChild(run, child);
    if (child.pid !== undefined) {
      run.identity = await identify(child.pid);
      run.record = { ...record, pid: child.pid, process_start: run.identity?.start ?? null };
      await writeRunRecord(paths, run.record);
    }
    await this.#connectUntilReady(run, run.record);
  }

  #watchChild(run: Run, child: ChildProcess): void {
    const exited = (code: number | null, signal: NodeJS.Signals | null): void => {
      this.#background(this.#reportExit(run, code, signal));
    };
    if (child.exitCode !== null || child.signalCode !== null) exited(child.exitCode, child.signalCode);
    else child.once("exit", exited);
  }

  async #reportExit(run: Run, code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (run.ended || this.#detached) return;
    run.ended = true;
    run.link?.close();
    run.link = null;
    this.#status = null;
    const { paths, service, redactor, clock } = this.#options;
    const words = redactDeep(await readCrashFile(crashFile(paths, service)), redactor);
    const stamp = { unix_ms: clock.now(), service, stream: "stderr", level: "error" } as const;
    if (code !== 0 && words.stderr.length > 0) {
      this.#options.logged(
        words.stderr.slice(-50).map((line) => ({ ...stamp, line })),
        false,
      );
    }
    this.dispatch({ kind: "exited", run: run.number, exit: { code, signal, ...words } });
  }

  /** Tries until the sidecar proves itself or ends; the machine's deadline ends one that never does. */
  async #connectUntilReady(run: Run, record: RunRecord): Promise<void> {
    while (!run.ended && !this.#detached) {
      try {
        const { link, hello } = await this.#open(run, record);
        this.#connected(run, link, hello);
        return;
      } catch (thrown) {
        if (thrown instanceof PalyraError && thrown.code !== "service_unavailable") throw thrown;
        // Not yet: it does not listen before it can serve.
      }
      if (run.child === null && !(await this.#stillThere(run))) return;
      await delay(connectEveryMs);
    }
  }

  async #stillThere(run: Run): Promise<boolean> {
    if (run.identity !== null && (await isSameProcess(run.identity))) return true;
    await this.#reportExit(run, null, null);
    return false;
  }

  async #open(run: Run, record: RunRecord): Promise<{ link: ControlLink; hello: HelloResponse }> {
    const { service, client, redactor } = this.#options;
    redactor.add(record.instance_id);
    let backlog = true;
    const events: ControlLinkEvents = {
      status: (status) => this.#statusPushed(run, status),
      log: (lines) => {
        const stamped = lines.map(({ unix_ms, level, line }) => ({
          unix_ms,
          service,
          stream: "stdout" as const,
          level,
          line: redactor.redact(line),
        }));
        this.#options.logged(stamped, backlog);
        backlog = false;
      },
      secret: (request) => this.#options.secret(request),
    };
    return await ControlLink.open(
      {
        endpoint: record.endpoint,
        instanceId: record.instance_id,
        role: "controller",
        client,
        timeoutMs: helloMs,
      },
      events,
    );
  }

  #connected(run: Run, link: ControlLink, hello: HelloResponse): void {
    if (run.ended || this.#detached) {
      link.close();
      return;
    }
    run.link = link;
    const facts = {
      pid: hello.pid,
      version: hello.version,
      ports: hello.ports,
      started_at_unix_ms: hello.started_at_unix_ms,
      adopted: run.child === null,
    };
    const outdated = facts.adopted && hello.version !== this.#options.client.version;
    this.dispatch({ kind: "connected", run: run.number, facts, outdated });
    this.#statusPushed(run, hello.status);
    link.onClosed(() => this.#background(this.#linkLost(run, link)));
    // One that is about to be stopped needs to know nothing any more.
    if (this.#machine.phase !== "stopping") this.#options.connected();
  }

  async #linkLost(run: Run, link: ControlLink): Promise<void> {
    if (run.link !== link || run.ended || this.#detached || run.record === null) return;
    run.link = null;
    await this.#connectUntilReady(run, run.record);
  }

  #statusPushed(run: Run, status: SidecarStatus): void {
    if (this.#run !== run || run.ended || this.#detached || status.service !== this.#options.service) return;
    const redacted = redactDeep(status, this.#options.redactor);
    this.#status = { received_at_unix_ms: this.#options.clock.now(), status: redacted };
    const reason = redacted.reasons[0] ?? null;
    this.dispatch({ kind: "health", run: run.number, health: redacted.health, reason });
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

function newRun(number: number): Run {
  return {
    number,
    child: null,
    identity: null,
    link: null,
    record: null,
    aborted: false,
    ended: false,
  };
}

async function requireProgram(displayName: string, { bundle, execPath }: SidecarProgram): Promise<void> {
  for (const file of [execPath, bundle]) {
    await access(file).catch((cause: unknown) => {
      throw new PalyraError("config_invalid", `The program of ${displayName} is missing: ${file}.`, {
        nextStep: "Install Palyra again.",
        cause,
      });
    });
  }
}
