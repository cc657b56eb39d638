import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import type { ServiceKind } from "../../../src/contracts/services.ts";
import type { ConnectorStatus, SidecarStatus } from "../../../src/contracts/sidecar-status.ts";
import { messageOf } from "../../../src/platform/errors.ts";
import { boundPortOf, listenOnWishedPort, loopbackHost } from "../../../src/sidecar/listen-port.ts";
import { type RunningService, runSidecar, type SidecarContext } from "../../../src/sidecar/run-sidecar.ts";
import type { SidecarBehaviour } from "./sidecar-behaviour.ts";

/**
 * Runs a sidecar that serves nothing but its real control link and answers 200 or 401 over HTTP, and
 * misbehaves as `sidecar-behaviour.json` in its state root says.
 */
export async function runTestSidecar(kind: ServiceKind): Promise<void> {
  await runSidecar(kind, (context) => start(kind, context));
}

async function start(kind: ServiceKind, context: SidecarContext): Promise<RunningService> {
  const behaviour = readBehaviour(kind, context);
  appendFileSync(path.join(context.paths.root, `starts-${kind}`), `${process.pid}\n`);
  if (behaviour.exitAtStart !== undefined) {
    process.stderr.write(`${behaviour.lastWords ?? ""}\n`, () => process.exit(behaviour.exitAtStart));
    await never();
  }
  if (behaviour.neverReady === true) await never();
  const server = http.createServer((request, response) => {
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    response.statusCode = context.tokens.accepts(token) ? 200 : 401;
    if (request.url === "/status-changed") context.statusChanged();
    if (request.url === "/careless") context.log.info("somebody asked", { shown: token });
    if (request.url === "/prints") {
      for (const piece of ["a library shows ", token.slice(0, 20), `${token.slice(20)} here\n`])
        process.stderr.write(piece);
    }
    response.end();
  });
  const port = await listenOnWishedPort(context.boot.port, async (wished) => {
    server.listen(wished, loopbackHost);
    await once(server, "listening");
    return boundPortOf(server);
  });
  return {
    ports: () => [{ name: "http", port }],
    status: () => statusOf(kind, readBehaviour(kind, context)),
    tokensChanged: () => context.statusChanged(),
    secretChanged: (ref) => {
      context.secrets.get(ref, AbortSignal.timeout(5_000)).then(
        (value) => context.log.info("got a secret", { ref, value, length: value.length }),
        (thrown: unknown) => context.log.info("got no secret", { ref, error: messageOf(thrown) }),
      );
    },
    controllerJoined: () => context.log.info("served"),
    reloadConfig: async () => context.statusChanged(),
    stop: async () => {
      if (readBehaviour(kind, context).ignoreStop === true) await never();
      server.close();
    },
  };
}

/** Waits for ever, with something to do, so that the process does not end by itself. */
function never(): Promise<never> {
  return new Promise(() => setInterval(() => undefined, 60_000));
}

function readBehaviour(kind: ServiceKind, context: SidecarContext): SidecarBehaviour {
  const file = path.join(context.paths.root, "sidecar-behaviour.json");
  if (!existsSync(file)) return {};
  const all: Partial<Record<ServiceKind, SidecarBehaviour>> = JSON.parse(readFileSync(file, "utf8"));
  return all[kind] ?? {};
}

const busyConnector: ConnectorStatus = {
  connector_id: "test:default",
  kind: "test",
  enabled: true,
  readiness: "ready",
  liveness: "running",
  identity: null,
  queue: { inbox_pending: 1, outbox_pending: 0, dead_letters: 0 },
  sessions_started: 1,
  sessions_resumed: 0,
  last_error: null,
  last_inbound_unix_ms: null,
  last_outbound_unix_ms: null,
};

function statusOf(service: ServiceKind, behaviour: SidecarBehaviour): SidecarStatus {
  const reasons = behaviour.problem === undefined ? [] : [behaviour.problem];
  const health = reasons.length > 0 ? "degraded" : "ok";
  if (service === "gateway") {
    return {
      service,
      health,
      reasons,
      connectors: behaviour.busy === true ? [busyConnector] : [],
      recent_messages: [],
      totals: { received: 0, answered: 0, dead_letters: 0 },
      config_hash: null,
    };
  }
  return {
    service,
    health,
    reasons,
    browser: { path: null, source: null, searched: [], state: "idle" },
    sessions: behaviour.busy === true ? 1 : 0,
  };
}
