import type { SecretRequest, SecretResponse, SetTokensRequest } from "../contracts/control-link.ts";
import type { OwnerCommand, OwnerHelloRequest } from "../contracts/owner-link.ts";
import {
  type LogLine,
  preferredPorts,
  type ServiceKind,
  serviceDisplayNames,
  serviceKinds,
} from "../contracts/services.ts";
import type { ControlCenterSnapshot, ServiceView, Warning } from "../contracts/snapshot.ts";
import { detailsOf, messageOf, PalyraError } from "../platform/errors.ts";
import type { Redactor } from "../platform/redactor.ts";
import type { StatePaths } from "../platform/state-paths.ts";
import type { ControlCenterOptions } from "./control-center-options.ts";
import { EncryptedFileSecretStore } from "./encrypted-file-secret-store.ts";
import type { Ownership } from "./ownership.ts";
import type { SecretStore } from "./secret-store.ts";
import { type BootFacts, ServiceRunner } from "./service-runner.ts";
import { SecretsElsewhere, ServiceSecrets, tokenRefs, tokenStateKeys } from "./service-secrets.ts";
import { buildSnapshot } from "./snapshot.ts";
import { StateFileStore } from "./state-file-store.ts";
import { supervisorTimings } from "./supervisor-timings.ts";
import { warningOf } from "./warnings.ts";

/** How often the deadlines of all services are looked at besides their own timers, in milliseconds. */
const safetyTickMs = 500;
/** Longest wait for a command to be carried out, in milliseconds; the services go on beyond it. */
const commandWaitMs = 45_000;

/** States in which a service stays until something happens to it. */
const settledStates: readonly ServiceView["state"][] = [
  "running",
  "degraded",
  "failed",
  "backoff",
  "stopped",
];

/** What the session needs of the control center it belongs to. */
export interface OwnerSessionHost {
  readonly options: ControlCenterOptions;
  readonly paths: StatePaths;
  readonly redactor: Redactor;
  readonly clock: { now(): number };
  readonly profile: string;
  changed(): void;
  /** Resolves when every change so far is in the published snapshot. */
  published(): Promise<void>;
  logged(lines: readonly LogLine[], backlog: boolean): void;
  logs(service: ServiceKind | undefined): readonly LogLine[];
  snapshot(): ControlCenterSnapshot;
  /** Another host can reach the secrets and this one cannot: it should own the services. */
  makeWay(): void;
}

/** The services of a state root, run by this process. */
export class OwnerSession {
  readonly role = "owner";
  readonly #host: OwnerSessionHost;
  readonly #ownership: Ownership;
  readonly #state: StateFileStore;
  readonly #secrets: ServiceSecrets;
  readonly #secretsHere: boolean;
  readonly #runners: ReadonlyMap<ServiceKind, ServiceRunner>;
  readonly #notices = new Map<string, Warning>();
  readonly #waiters = new Set<() => void>();
  /** Token each running sidecar was last told. */
  readonly #told = new Map<ServiceKind, string>();
  readonly #tick: NodeJS.Timeout;

  private constructor(host: OwnerSessionHost, ownership: Ownership, state: StateFileStore) {
    this.#host = host;
    this.#ownership = ownership;
    this.#state = state;
    const store = chooseStore(host, state);
    this.#secretsHere = !(store instanceof SecretsElsewhere);
    this.#secrets = new ServiceSecrets(store, host.redactor, (service) => this.#noteToken(service));
    for (const problem of state.problems) this.#notice(problem);
    this.#runners = new Map(serviceKinds.map((service) => [service, this.#makeRunner(service)]));
    this.#tick = setInterval(() => this.#tickAll(), safetyTickMs);
  }

  /** Reads the state and starts, adopts or stops services as it says. Does not wait for them. */
  static async open(host: OwnerSessionHost, ownership: Ownership): Promise<OwnerSession> {
    const { options, paths } = host;
    const state = await StateFileStore.open(paths.stateFile, {
      secretsHome: options.secrets.home,
      desired: options.settings.startOnFirstRun,
    });
    const session = new OwnerSession(host, ownership, state);
    const desired = options.desired ?? state.state.desired_running;
    await session.#save({ desired_running: { ...desired } });
    ownership.server.serve({
      owner: { name: options.hostName, version: options.version, pid: process.pid },
      snapshot: () => host.snapshot(),
      logs: (service) => host.logs(service),
      command: (command) => session.command(command),
      observerJoined: (hello) => session.#observerJoined(hello),
    });
    return session;
  }

  /** Sets the services going; the browser daemon first, because the gateway calls it. */
  begin(): void {
    for (const service of ["browserd", "gateway"] as const) this.#runner(service).dispatch({ kind: "open" });
  }

  buildSnapshot(revision: number): ControlCenterSnapshot {
    const { options, paths, clock, profile } = this.#host;
    const gateway = this.#runner("gateway").status;
    const browserd = this.#runner("browserd").status;
    return buildSnapshot({
      revision,
      generated_at_unix_ms: clock.now(),
      services: serviceKinds.map((service) => this.#runner(service).view),
      facts: {
        version: options.version,
        state_root: paths.root,
        profile,
        role: "owner",
        secrets_home: this.#state.state.secrets_home,
      },
      gateway: gateway?.status.service === "gateway" ? { ...gateway, status: gateway.status } : null,
      browserd: browserd?.status.service === "browserd" ? { ...browserd, status: browserd.status } : null,
      notices: [...this.#notices.values()],
    });
  }

  /** Sends to the observers what the control center has published. */
  publish(snapshot: ControlCenterSnapshot): void {
    this.#ownership.server.sendSnapshot(snapshot);
  }

  publishLines(lines: readonly LogLine[]): void {
    this.#ownership.server.sendLines(lines);
  }

  /**
   * Carries out a command of the user and waits until it is done.
   * @returns a sentence about what was done
   */
  async command(command: OwnerCommand): Promise<string> {
    try {
      return await this.#carryOut(command);
    } finally {
      await this.#host.published();
    }
  }

  async #carryOut(command: OwnerCommand): Promise<string> {
    switch (command.kind) {
      case "start":
      case "retry":
        return await this.#run(command.kind, command.service);
      case "restart":
        return await this.#run("restart", command.service);
      case "stop":
        return await this.#stop(command.service);
      case "rotate_tokens":
        return await this.#rotateTokens();
      case "set_secret":
        await this.#secrets.set(command.ref, command.value);
        await this.#secretChanged(command.ref);
        return `The secret ${command.ref} is stored.`;
      case "delete_secret":
        await this.#secrets.delete(command.ref);
        await this.#secretChanged(command.ref);
        return `The secret ${command.ref} is removed.`;
      case "secret_changed":
        await this.#secretChanged(command.ref);
        return `The services ask for ${command.ref} again.`;
    }
  }

  /** Gives up the ownership; the sidecars live on for their linger time. */
  async close(): Promise<void> {
    clearInterval(this.#tick);
    for (const runner of this.#runners.values()) runner.detach();
    for (const wake of this.#waiters) wake();
    await this.#ownership.release();
  }

  #runner(service: ServiceKind): ServiceRunner {
    const runner = this.#runners.get(service);
    if (runner === undefined) throw new PalyraError("internal_error", `There is no service ${service}.`);
    return runner;
  }

  #makeRunner(service: ServiceKind): ServiceRunner {
    const { options, paths, redactor, clock } = this.#host;
    return new ServiceRunner({
      service,
      desired: (options.desired ?? this.#state.state.desired_running)[service],
      paths,
      program: { execPath: options.execPath, bundle: options.sidecarBundles[service] },
      client: { name: options.hostName, version: options.version, pid: process.pid },
      timings: { ...supervisorTimings, ...options.timings },
      redactor,
      clock,
      random: options.random ?? Math.random,
      bootFacts: () => this.#bootFacts(service),
      secret: (request) => this.#answer(service, request),
      connected: () => {
        this.#tellToken(service).catch((thrown: unknown) => this.#complain(service, thrown));
      },
      changed: () => this.#changed(),
      logged: (lines, backlog) => this.#host.logged(lines, backlog),
    });
  }

  async #bootFacts(service: ServiceKind): Promise<BootFacts> {
    const { settings } = this.#host.options;
    const pinned = settings.ports[service];
    const token = await this.#secrets.token(service);
    this.#told.set(service, token);
    return {
      port: { number: pinned ?? preferredPorts[service], pinned: pinned !== null },
      tokens: [token],
      linger_seconds: settings.lingerSeconds,
      log_level: settings.logLevel,
      browser_path: service === "browserd" ? settings.browserPath : null,
    };
  }

  /** A sidecar that was taken over may still have a token that was rotated without it. */
  async #tellToken(service: ServiceKind): Promise<void> {
    if (!this.#secretsHere) return;
    await this.#secrets.withToken(service, async (token) => {
      if (this.#told.get(service) !== token)
        await this.#setTokens(service, { tokens: [token], expiring: [] });
    });
  }

  /** A sidecar that is starting is not told now: it learns the newest token when it is connected. */
  async #setTokens(service: ServiceKind, request: SetTokensRequest): Promise<void> {
    const newest = request.tokens.at(-1);
    if ((await this.#runner(service).setTokens(request)) && newest !== undefined)
      this.#told.set(service, newest);
  }

  async #answer(service: ServiceKind, request: SecretRequest): Promise<SecretResponse> {
    return await this.#secrets.answer(service, request);
  }

  async #run(kind: "start" | "retry" | "restart", only: ServiceKind | undefined): Promise<string> {
    const services = kindsOf(only);
    await this.#wish(services, true);
    for (const service of services) this.#runner(service).dispatch({ kind });
    await this.#until(() =>
      services.every((service) => settledStates.includes(this.#runner(service).view.state)),
    );
    for (const service of services) {
      const { state, problem } = this.#runner(service).view;
      if ((state === "failed" || state === "backoff") && problem !== null)
        throw PalyraError.fromDetails(problem);
    }
    return `${namesOf(services)} ${services.length > 1 ? "are" : "is"} running.`;
  }

  async #stop(only: ServiceKind | undefined): Promise<string> {
    const services = kindsOf(only);
    await this.#wish(services, false);
    for (const service of services) this.#runner(service).dispatch({ kind: "stop" });
    await this.#until(() => services.every((service) => this.#runner(service).view.state === "stopped"));
    return `${namesOf(services)} ${services.length > 1 ? "have" : "has"} stopped.`;
  }

  async #rotateTokens(): Promise<string> {
    for (const service of serviceKinds) {
      await this.#secrets.rotate(service, (tokens) => this.#setTokens(service, tokens));
      await this.#secretChanged(tokenRefs[service]);
    }
    return "The tokens are new; the old ones end in 10 seconds.";
  }

  async #secretChanged(ref: string): Promise<void> {
    for (const runner of this.#runners.values()) await runner.secretChanged(ref);
  }

  async #wish(services: readonly ServiceKind[], wanted: boolean): Promise<void> {
    const desired = { ...this.#state.state.desired_running };
    for (const service of services) desired[service] = wanted;
    await this.#save({ desired_running: desired });
  }

  async #noteToken(service: ServiceKind): Promise<void> {
    const created = { ...this.#state.state.token_created_unix_ms };
    created[tokenStateKeys[service]] = this.#host.clock.now();
    await this.#save({ token_created_unix_ms: created });
  }

  /** A state that cannot be written is told and does not keep the services from running. */
  async #save(change: Parameters<StateFileStore["update"]>[0]): Promise<void> {
    try {
      await this.#state.update(change);
      if (this.#notices.delete("control-center:storage_failed")) this.#changed();
    } catch (thrown) {
      this.#notice(
        thrown instanceof PalyraError ? thrown : new PalyraError("storage_failed", messageOf(thrown)),
      );
    }
  }

  #notice(problem: PalyraError): void {
    const id = `control-center:${problem.code}`;
    this.#notices.set(id, warningOf(id, "control-center", "warning", problem.toDetails()));
    this.#host.options.logger.warn(problem.message);
    this.#host.changed();
  }

  #complain(service: ServiceKind, thrown: unknown): void {
    const { code, message } = detailsOf(thrown);
    this.#host.options.logger.warn(`${serviceDisplayNames[service]}: ${message} (${code})`);
  }

  #observerJoined({ client }: OwnerHelloRequest): void {
    if (!this.#secretsHere && client.secrets_home === this.#state.state.secrets_home) this.#host.makeWay();
  }

  #tickAll(): void {
    for (const runner of this.#runners.values()) runner.dispatch({ kind: "tick" });
  }

  #changed(): void {
    this.#host.changed();
    for (const wake of this.#waiters) wake();
  }

  /** Resolves when `done` is true after a change, and at the latest after `commandWaitMs`. */
  #until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(deadline);
        this.#waiters.delete(check);
        resolve();
      };
      const check = (): void => {
        if (done()) finish();
      };
      const deadline = setTimeout(finish, commandWaitMs);
      this.#waiters.add(check);
      check();
    });
  }
}

/** The store that the state file names: the host's own, the encrypted file, or none that we can reach. */
function chooseStore({ options, paths }: OwnerSessionHost, { state }: StateFileStore): SecretStore {
  if (options.secrets.home === state.secrets_home) return options.secrets;
  return state.secrets_home === "file"
    ? new EncryptedFileSecretStore(paths.secretsDir)
    : new SecretsElsewhere();
}

function kindsOf(only: ServiceKind | undefined): readonly ServiceKind[] {
  return only === undefined ? serviceKinds : [only];
}

function namesOf(services: readonly ServiceKind[]): string {
  return services.map((service) => serviceDisplayNames[service]).join(" and ");
}
