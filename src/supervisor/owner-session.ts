import type { SecretChange, SecretChangeResult } from "../contracts/control-link.ts";
import type { GatewayCall, OwnerCommand, OwnerHelloRequest } from "../contracts/owner-link.ts";
import { preferredPorts, serviceDisplayNames, serviceKinds } from "../contracts/service-kinds.ts";
import type { LogLine, ServiceKind } from "../contracts/services.ts";
import type { ControlCenterSnapshot, Warning } from "../contracts/snapshot.ts";
import { detailsOf, messageOf, PalyraError } from "../platform/errors.ts";
import type { Redactor } from "../platform/redactor.ts";
import type { StatePaths } from "../platform/state-paths.ts";
import type { BootFacts } from "./boot-facts.ts";
import { compareVersions } from "./compare-versions.ts";
import type { ControlCenterOptions } from "./control-center-options.ts";
import { EncryptedFileSecretStore } from "./encrypted-file-secret-store.ts";
import { callGateway } from "./gateway-call.ts";
import { OwnerSecrets } from "./owner-secrets.ts";
import type { Ownership } from "./ownership.ts";
import { tidy } from "./remove-drafts.ts";
import type { SecretStore } from "./secret-store.ts";
import { ServiceRunner } from "./service-runner.ts";
import { SecretsElsewhere } from "./service-secrets.ts";
import { kindsOf, ServiceSet } from "./service-set.ts";
import { buildSnapshot } from "./snapshot.ts";
import { StateFileStore } from "./state-file-store.ts";
import { supervisorTimings } from "./supervisor-timings.ts";
import { OwnerHistory } from "./timeline/owner-history.ts";
import { warningOf } from "./warnings.ts";

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
  /** Another host should own the services: it reaches the secrets and this one does not, or it is newer. */
  makeWay(why: string): void;
}

/** The services of a state root, run by this process. */
export class OwnerSession {
  readonly role = "owner";
  readonly #host: OwnerSessionHost;
  readonly #ownership: Ownership;
  readonly #state: StateFileStore;
  readonly #secrets: OwnerSecrets;
  readonly #services: ServiceSet;
  readonly #notices = new Map<string, Warning>();
  /** Null when its folder cannot be used: a notice says so. */
  #history: OwnerHistory | null = null;

  private constructor(host: OwnerSessionHost, ownership: Ownership, state: StateFileStore) {
    this.#host = host;
    this.#ownership = ownership;
    this.#state = state;
    this.#secrets = new OwnerSecrets({
      store: chooseStore(host, state),
      redactor: host.redactor,
      clock: host.clock,
      rotateDays: () => host.options.settings.rotateDays,
      tokenTimes: () => this.#state.state.token_created_unix_ms,
      noteTokenTimes: (times) => this.#save({ token_created_unix_ms: times }),
      sendTokens: (service, request) => this.#services.one(service).setTokens(request),
      tellChanged: (ref) => this.#secretChanged(ref),
      rotated: (service, message) => {
        this.#services.one(service).note("warn", message);
        this.#history?.say("tokens.rotated", "info", message);
      },
      failed: (service, thrown) => this.#complain(service, thrown),
    });
    for (const problem of state.problems) this.#notice(problem);
    this.#services = new ServiceSet((service) => this.#makeRunner(service));
  }

  /** Reads the state and starts, adopts or stops services as it says. Does not wait for them. */
  static async open(host: OwnerSessionHost, ownership: Ownership): Promise<OwnerSession> {
    const { options, paths } = host;
    const state = await StateFileStore.open(paths.stateFile, {
      secretsHome: options.secrets.home,
      desired: options.settings.startOnFirstRun,
    });
    const session = new OwnerSession(host, ownership, state);
    await session.#openHistory();
    await tidy(paths, options.logger);
    await session.#secrets.keepPlainTokens(state.plainTokens);
    const desired = options.desired ?? state.state.desired_running;
    await session.#save({ desired_running: { ...desired } });
    ownership.server.serve({
      owner: { name: options.hostName, version: options.version, pid: process.pid },
      snapshot: () => host.snapshot(),
      logs: (service) => host.logs(service),
      command: (command) => session.command(command),
      callGateway: (call, signal) => session.callGateway(call, signal),
      observerJoined: (hello) => session.#observerJoined(hello),
      peerCut: (reason) =>
        options.logger.warn(`A window or terminal was disconnected from this one: ${reason}.`),
    });
    return session;
  }

  /** Sets the services going. */
  begin(): void {
    this.#services.begin();
    this.#secrets.begin();
  }

  buildSnapshot(revision: number): ControlCenterSnapshot {
    const { options, paths, clock, profile } = this.#host;
    const gateway = this.#services.one("gateway").status;
    const browserd = this.#services.one("browserd").status;
    return buildSnapshot({
      revision,
      generated_at_unix_ms: clock.now(),
      services: serviceKinds.map((service) => this.#services.one(service).view),
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
      recentEvents: this.#history?.recent ?? [],
    });
  }

  async #openHistory(): Promise<void> {
    const { options, paths, redactor, clock } = this.#host;
    try {
      this.#history = await OwnerHistory.open({
        folder: paths.timelineDir,
        redactor,
        clock,
        hostName: options.hostName,
        logger: options.logger,
        askGateway: (request) => this.#services.one("gateway").events(request),
        changed: () => this.#host.changed(),
        fault: (problem) => {
          if (problem !== null) this.#notice(problem);
        },
      });
    } catch (thrown) {
      this.#notice(PalyraError.fromDetails(detailsOf(thrown)));
    }
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

  /** What the user stopped on purpose is no failure: only one that is named is started all the same. */
  async #retry(only: ServiceKind | undefined): Promise<string> {
    const services = kindsOf(only).filter(
      (service) => only !== undefined || this.#services.one(service).view.desired_running,
    );
    if (services.length === 0) return "Nothing has failed.";
    await this.#wish(services, true);
    return await this.#services.run("retry", services);
  }

  async #carryOut(command: OwnerCommand): Promise<string> {
    switch (command.kind) {
      case "start":
      case "restart":
        await this.#wish(kindsOf(command.service), true);
        return await this.#services.run(command.kind, kindsOf(command.service));
      case "retry":
        return await this.#retry(command.service);
      case "stop":
        await this.#wish(kindsOf(command.service), false);
        return await this.#services.stop(kindsOf(command.service));
      case "rotate_tokens":
        await this.#secrets.rotateAll();
        this.#history?.say("tokens.rotated", "info", "The tokens of the services are new.");
        return "The tokens are new; the old ones end in 10 seconds.";
      case "set_secret":
        await this.#secrets.set(command.ref, command.value);
        this.#history?.say("secret.stored", "info", `The secret ${command.ref} was stored.`);
        await this.#secretChanged(command.ref);
        return `The secret ${command.ref} is stored.`;
      case "delete_secret":
        await this.#secrets.delete(command.ref);
        this.#history?.say("secret.removed", "info", `The secret ${command.ref} was removed.`);
        await this.#secretChanged(command.ref);
        return `The secret ${command.ref} is removed.`;
      case "secret_changed":
        await this.#secretChanged(command.ref);
        return `The services ask for ${command.ref} again.`;
      case "decide_approval": {
        const { approval_id, verdict, reason, via } = command;
        return await this.#services.one("gateway").decideApproval({ approval_id, verdict, reason, via });
      }
    }
  }

  /**
   * Makes a request of the gateway with its token.
   * @throws the gateway's error; `not_running`; `secrets_elsewhere` when this host does not reach the token
   */
  async callGateway(call: GatewayCall, signal?: AbortSignal): Promise<unknown> {
    const url = this.#host.snapshot().quick_facts.gateway_url;
    if (url === null) throw new PalyraError("not_running", "The gateway is not running.");
    return await callGateway({ url, token: await this.#secrets.token("gateway") }, call, signal);
  }

  /** Gives up the ownership; the sidecars live on for their linger time. */
  async close(): Promise<void> {
    this.#secrets.dispose();
    this.#services.detach();
    this.#history?.close();
    await this.#ownership.release();
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
      secret: (request) => this.#secrets.answer(service, request),
      changeSecret: (change) => this.#changeSecret(service, change),
      stepped: (step) => this.#history?.stepped(step),
      connected: () => {
        if (service === "gateway") this.#history?.gatewayConnected();
        this.#secrets.connected(service);
      },
      suspected: (reason) => this.#secrets.suspected(service, reason),
      changed: () => this.#changed(),
      logged: (lines, backlog) => this.#host.logged(lines, backlog),
    });
  }

  async #changeSecret(service: ServiceKind, change: SecretChange): Promise<SecretChangeResult> {
    const result = await this.#secrets.change(service, change);
    if (!result.done) return result;
    if (change.value === null) {
      this.#history?.say("secret.removed", "info", `The secret ${change.ref} was removed.`);
    } else {
      this.#history?.say("secret.stored", "info", `The secret ${change.ref} was stored.`);
    }
    return result;
  }

  async #bootFacts(service: ServiceKind): Promise<BootFacts> {
    const { settings } = this.#host.options;
    const pinned = settings.ports[service];
    return {
      port: { number: pinned ?? preferredPorts[service], pinned: pinned !== null },
      tokens: [await this.#secrets.bootToken(service)],
      linger_seconds: settings.lingerSeconds,
      log_level: settings.logLevel,
      browser_path: service === "browserd" ? settings.browserPath : null,
    };
  }

  async #secretChanged(ref: string): Promise<void> {
    for (const runner of this.#services.all) await runner.secretChanged(ref);
  }

  async #wish(services: readonly ServiceKind[], wanted: boolean): Promise<void> {
    const desired = { ...this.#state.state.desired_running };
    for (const service of services) desired[service] = wanted;
    await this.#save({ desired_running: desired });
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
    const { options } = this.#host;
    const home = this.#state.state.secrets_home;
    // Who names no home only asks or commands, and would not become the owner.
    if (client.secrets_home === undefined) return;
    if (client.secrets_home !== home && home !== "file") return;
    if (!this.#secrets.here) this.#host.makeWay(`The ${client.name} holds the secrets`);
    else if (compareVersions(client.version, options.version) > 0)
      this.#host.makeWay(`The ${client.name} has a newer version (${client.version})`);
  }

  #changed(): void {
    const gateway = this.#services.one("gateway").status?.status;
    if (gateway?.service === "gateway") this.#history?.gatewayTold(gateway);
    this.#host.changed();
    this.#services.changed();
  }
}

/** The store that the state file names: the host's own, the encrypted file, or none that we can reach. */
function chooseStore({ options, paths }: OwnerSessionHost, { state }: StateFileStore): SecretStore {
  if (options.secrets.home === state.secrets_home) return options.secrets;
  return state.secrets_home === "file"
    ? new EncryptedFileSecretStore(paths.secretsDir)
    : new SecretsElsewhere();
}
