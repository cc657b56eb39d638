import { tokenRotationGraceMs } from "../contracts/control-link.ts";
import { selfCheckFlag } from "../contracts/self-check.ts";
import { listenOnWishedPort } from "../sidecar/listen-port.ts";
import type { Logger } from "../sidecar/log/logger.ts";
import { runSelfCheck } from "../sidecar/run-self-check.ts";
import { type RunningService, runSidecar, type SidecarContext } from "../sidecar/run-sidecar.ts";
import { type BrowserDaemon, startBrowserDaemon, toBrowserdStatus } from "./browser-daemon.ts";
import { checkBrowser } from "./check-browser.ts";
import type { Logger as DaemonLogger } from "./logger.ts";

async function startBrowserd(context: SidecarContext): Promise<RunningService> {
  const { boot, tokens } = context;
  let daemon: BrowserDaemon | undefined;
  await listenOnWishedPort(boot.port, async (port) => {
    daemon = await startBrowserDaemon({
      logger: daemonLogger(context.log),
      tokens: tokens.valid(),
      port,
      tokenMisused: () => context.suspectLeak("it was shown by a request from a foreign page or host"),
      browserPath: boot.browser_path ?? undefined,
    });
    return daemon.port;
  });
  const started = daemon;
  if (started === undefined) throw new Error("the browser daemon did not start");
  started.onStatus(() => context.statusChanged());
  const applyTokens = (): void => started.setTokens(tokens.valid());
  return {
    ports: () => [{ name: "http", port: started.port }],
    status: () => toBrowserdStatus(started.status()),
    tokensChanged: () => {
      applyTokens();
      setTimeout(applyTokens, tokenRotationGraceMs + 1).unref();
    },
    secretChanged: () => undefined,
    controllerJoined: () => undefined,
    reloadConfig: async () => undefined,
    stop: () => started.stop(),
  };
}

function daemonLogger(log: Logger): DaemonLogger {
  return {
    debug: (fields, message) => log.debug(message, { ...fields }),
    info: (fields, message) => log.info(message, { ...fields }),
    warn: (fields, message) => log.warn(message, { ...fields }),
    error: (fields, message) => log.error(message, { ...fields }),
  };
}

if (process.argv.includes(selfCheckFlag)) {
  await runSelfCheck(async ({ browser_path }) => checkBrowser(browser_path));
} else await runSidecar("browserd", startBrowserd);
