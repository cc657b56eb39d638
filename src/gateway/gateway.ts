import type { RunningService, SidecarContext } from "../sidecar/run-sidecar.ts";
import { ConfigFile } from "./config-file.ts";
import { buildGatewayStatus } from "./gateway-status.ts";
import { startGatewayServer } from "./http/gateway-server.ts";
import { renderMetrics } from "./metrics.ts";

/** Brings the gateway up: configuration, HTTP port; then the store and the connectors behind it. */
export async function startGateway(context: SidecarContext): Promise<RunningService> {
  const config = new ConfigFile(context.paths.gatewayConfig, context.log, () => context.statusChanged());
  await config.open();
  const status = () =>
    buildGatewayStatus({
      store: { totals: { received: 0, answered: 0, dead_letters: 0 }, recentMessages: [] },
      storeProblem: null,
      configProblem: config.problem,
      configHash: config.current.hash,
      connectors: [],
    });
  const server = await startGatewayServer({
    wish: context.boot.port,
    startedAt: context.startedAt,
    status,
    acceptsToken: (token) => context.tokens.accepts(token),
    metrics: () => renderMetrics(status()),
    redactor: context.redactor,
    log: context.log,
  });
  return {
    ports: () => [{ name: "http", port: server.port }],
    status,
    tokensChanged: () => undefined,
    secretChanged: () => undefined,
    controllerJoined: () => undefined,
    reloadConfig: () => config.reload(),
    stop: async () => {
      config.close();
      await server.close();
    },
  };
}
