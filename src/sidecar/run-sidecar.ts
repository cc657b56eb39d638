import type { DecideApprovalRequest } from "../contracts/approvals.ts";
import { type BootLine, exitCodes } from "../contracts/control-link.ts";
import { serviceDisplayNames } from "../contracts/service-kinds.ts";
import type { BoundPort, ServiceKind } from "../contracts/services.ts";
import type { SidecarStatus } from "../contracts/sidecar-status.ts";
import type { EventsRequest, EventsResponse } from "../contracts/timeline.ts";
import { messageOf, PalyraError } from "../platform/errors.ts";
import { Redactor } from "../platform/redactor.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";
import { logFile, type StatePaths, statePaths } from "../platform/state-paths.ts";
import { productVersion } from "../platform/version.ts";
import { readBootLine } from "./boot-line.ts";
import { ChangePublisher } from "./change-publisher.ts";
import { ControlLinkServer } from "./control-link-server.ts";
import { exitWithReport, fatalReport, writeStandardError } from "./fatal-exit.ts";
import { Linger } from "./linger.ts";
import type { Logger } from "./log/logger.ts";
import { RotatingFile } from "./log/rotating-file.ts";
import { SidecarLog } from "./log/sidecar-log.ts";
import { divert, StrayOutput } from "./log/stray-output.ts";
import { SecretClient } from "./secret-client.ts";
import { TokenSet } from "./token-set.ts";

/** Time to finish work in hand when nobody gave one (a signal, the end of the linger time), in ms. */
const defaultDrainMs = 5_000;
/** Time beyond the drain after which the process ends all the same, in milliseconds. */
const stopSlackMs = 2_000;
/** How much of what libraries print on standard error may go to the crash file, in bytes. */
const crashFileBytes = 64 * 1024;

/** What a service gets to work with. */
export interface SidecarContext {
  readonly boot: BootLine;
  readonly paths: StatePaths;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly tokens: TokenSet;
  readonly secrets: SecretClient;
  readonly startedAt: number;
  /**
   * Says that the service's own token may be known to others; it is replaced soon.
   * @param reason why, in words that follow “because”
   */
  suspectLeak(reason: string): void;
  /** To be called whenever the status may have changed. */
  statusChanged(): void;
}

/** A service that runs: what the sidecar base asks of it. */
export interface RunningService {
  ports(): readonly BoundPort[];
  status(): SidecarStatus;
  tokensChanged(): void;
  secretChanged(ref: string): void;
  controllerJoined(): void;
  reloadConfig(): Promise<void>;
  /** What happened after a place in the service's log of events. Absent where none is kept. */
  events?(request: EventsRequest): Promise<EventsResponse>;
  /** Takes the owner's word on a risky action. @returns what came of it. Absent where nothing is ever asked */
  decideApproval?(request: DecideApprovalRequest): Promise<string>;
  /** Finishes what can be finished within `drainMs` and lets go of everything. */
  stop(drainMs: number): Promise<void>;
}

/**
 * Runs one sidecar from its boot line to its exit: the process ends with 0 after a stop, 78 when its start
 * failed for a reason the user must mend, 1 on anything unexpected.
 * @param kind service this program is
 * @param start brings the service up until it serves; slower work goes on behind it
 */
export async function runSidecar(
  kind: ServiceKind,
  start: (context: SidecarContext) => Promise<RunningService>,
): Promise<void> {
  process.title = serviceDisplayNames[kind];
  try {
    const boot = await readBootLine(process.stdin);
    process.stdin.destroy();
    if (boot.service !== kind) {
      throw new PalyraError("config_invalid", `The boot line is for “${boot.service}”, not “${kind}”.`);
    }
    await serve(boot, start);
  } catch (thrown) {
    const report = fatalReport(thrown);
    if (report !== null) exitWithReport(report);
    throw thrown;
  }
}

async function serve(
  boot: BootLine,
  start: (context: SidecarContext) => Promise<RunningService>,
): Promise<void> {
  const startedAt = Date.now();
  const paths = statePaths(boot.state_root);
  await ensurePrivateFolder(paths.logsDir);

  const redactor = new Redactor();
  redactor.add(boot.instance_id);
  for (const token of boot.tokens) redactor.add(token);
  const tokens = new TokenSet(boot.tokens);
  const log = openLog(boot, paths, redactor, (text) => {
    // It is masked there, but what brought it so far may have brought it further.
    if (tokens.isIn(text)) link.suspect("it was found on its way into a log");
  });
  divertStandardStreams(log, redactor);
  endOnUnexpected(log, redactor);

  const secrets = new SecretClient({ sources: () => link.controllers(), redactor, log });
  let service: RunningService | null = null;
  let stopping = false;

  const running = (): RunningService => {
    if (service === null) throw new PalyraError("service_unavailable", "The service is still starting.");
    return service;
  };
  const publisher = new ChangePublisher(
    () => running().status(),
    (status) => link.sendStatus(status),
  );

  const beginStop = (reason: string, drainMs: number): void => {
    if (stopping) return;
    stopping = true;
    log.info("stopping", { reason, drain_ms: drainMs });
    void end(drainMs);
  };
  const end = async (drainMs: number): Promise<void> => {
    setTimeout(() => {
      log.warn("the stop took too long and was cut short");
      log.flush();
      process.exit(exitCodes.ok);
    }, drainMs + stopSlackMs).unref();
    linger.dispose();
    try {
      await service?.stop(drainMs);
      publisher.flush();
      log.info("stopped");
      await link.close();
    } catch (thrown) {
      log.error("the stop failed", { error: messageOf(thrown) });
    }
    log.flush();
    process.exit(exitCodes.ok);
  };

  const linger = new Linger(boot.linger_seconds, () => beginStop("no controller", defaultDrainMs));
  const link = new ControlLinkServer({
    instanceId: boot.instance_id,
    log,
    target: {
      describe: () => ({
        service: boot.service,
        version: productVersion,
        pid: process.pid,
        started_at_unix_ms: startedAt,
        ports: [...running().ports()],
        status: running().status(),
      }),
      beginStop: (drainMs) => beginStop("asked to", drainMs),
      setTokens: (next, expiring) => {
        for (const token of next) redactor.add(token);
        tokens.replace(next, expiring);
        service?.tokensChanged();
        log.info("tokens replaced", { current: next.length, expiring: expiring.length });
      },
      secretChanged: (ref) => {
        log.info("secret changed", { ref });
        service?.secretChanged(ref);
      },
      reloadConfig: () => running().reloadConfig(),
      events: async (request) =>
        (await running().events?.(request)) ?? { events: [], next: request.after, more: false },
      decideApproval: async (request) => {
        const message = await running().decideApproval?.(request);
        if (message === undefined) throw new PalyraError("not_found", "This service asks for no approvals.");
        return message;
      },
    },
    events: {
      controllerJoined: () => {
        linger.controllerJoined();
        secrets.controllerJoined();
        service?.controllerJoined();
      },
      controllerLeft: () => linger.controllerLeft(),
    },
  });
  log.publishTo((line) => link.sendLine(line));
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => beginStop(signal, defaultDrainMs));
  }

  log.info("starting", { version: productVersion, node: process.version });
  try {
    service = await start({
      boot,
      paths,
      log,
      redactor,
      tokens,
      secrets,
      startedAt,
      suspectLeak: (reason) => link.suspect(reason),
      statusChanged: () => {
        if (service !== null) publisher.touch();
      },
    });
    if (stopping) return;
    linger.begin();
    await link.listen(boot.endpoint);
  } catch (thrown) {
    log.error("the start failed", { error: messageOf(thrown) });
    log.flush();
    throw thrown;
  }
  log.info("serving", { ports: service.ports(), start_ms: Date.now() - startedAt });
}

function openLog(
  boot: BootLine,
  paths: StatePaths,
  redactor: Redactor,
  masked: (text: string) => void,
): SidecarLog {
  const file = new RotatingFile(logFile(paths, boot.service), {
    lost: (thrown, lines) =>
      writeStandardError(`${lines} log lines were lost: ${redactor.redact(messageOf(thrown))}\n`),
    mended: (lines) => log.warn("the log file takes lines again; some could not be written", { lost: lines }),
  });
  const service = serviceDisplayNames[boot.service];
  const log = new SidecarLog({ file, redactor, masked, level: boot.log_level, service });
  return log;
}

/**
 * What libraries print goes into the log, which is redacted and capped; the beginning of what they say on standard
 * error also goes to the crash file, where it tells why a process ended.
 */
function divertStandardStreams(log: SidecarLog, redactor: Redactor): void {
  let crashFileRoom = crashFileBytes;
  const said = new StrayOutput(redactor, (line) => log.info("printed", { text: line }));
  const complained = new StrayOutput(redactor, (line) => {
    log.warn("printed on standard error", { text: line });
    crashFileRoom -= Buffer.byteLength(line);
    if (crashFileRoom > 0) writeStandardError(`${line}\n`);
  });
  divert(process.stdout, said);
  divert(process.stderr, complained);
  process.on("exit", () => {
    said.end();
    complained.end();
    log.flush();
  });
}

/** After an error nobody expected the state of the process is unknown: it is logged and the process ends. */
function endOnUnexpected(log: SidecarLog, redactor: Redactor): void {
  const end =
    (kind: string) =>
    (thrown: unknown): void => {
      const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      log.error(kind, { error: stack });
      log.flush();
      writeStandardError(redactor.redact(`${kind}: ${stack}\n`));
      process.exit(1);
    };
  process.on("uncaughtException", end("uncaught exception"));
  process.on("unhandledRejection", end("unhandled rejection"));
}
