import { configModeFlag } from "../contracts/config-mode.ts";
import { selfCheckFlag } from "../contracts/self-check.ts";
import { runSidecar } from "../sidecar/run-sidecar.ts";
import { startGateway } from "./gateway.ts";

if (process.argv.includes(selfCheckFlag)) {
  const { checkGateway } = await import("./self-check/check-gateway.ts");
  await checkGateway(import.meta.url);
} else if (process.argv.includes(configModeFlag)) {
  const { runConfigMode } = await import("./config-mode.ts");
  await runConfigMode();
} else await runSidecar("gateway", (context) => startGateway(context, import.meta.url));
