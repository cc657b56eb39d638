// A small server for the comparison of supervisors: answers every request with its process id. Under a process
// manager that knows only ports it takes its port from SMALL_SERVER_PORT; under ours it reads its boot line and
// opens its control link, which is more work for the same service.

import { once } from "node:events";
import http from "node:http";
import { boundPortOf, listenOnWishedPort, loopbackHost } from "../../src/sidecar/listen-port.ts";
import { runSidecar } from "../../src/sidecar/run-sidecar.ts";

const server = http.createServer((_request, response) => response.end(String(process.pid)));

async function listen(port: number): Promise<number> {
  server.listen(port, loopbackHost);
  await once(server, "listening");
  return boundPortOf(server);
}

const given = process.env.SMALL_SERVER_PORT;
if (given !== undefined) await listen(Number(given));
else
  await runSidecar("gateway", async (context) => {
    const port = await listenOnWishedPort(context.boot.port, listen);
    return {
      ports: () => [{ name: "http", port }],
      status: () => ({
        service: "gateway",
        health: "ok",
        reasons: [],
        connectors: [],
        recent_messages: [],
        totals: { received: 0, answered: 0, dead_letters: 0 },
        config_hash: null,
      }),
      tokensChanged: () => undefined,
      secretChanged: () => undefined,
      controllerJoined: () => undefined,
      reloadConfig: async () => undefined,
      stop: async () => {
        server.close();
      },
    };
  });
