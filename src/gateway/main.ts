import { selfCheckFlag } from "../contracts/self-check.ts";
import { runSidecar } from "../sidecar/run-sidecar.ts";
import { startGateway } from "./gateway.ts";

if (process.argv.includes(selfCheckFlag)) {
  const { checkGateway } = await import("./self-check/check-gateway.ts");
  await checkGateway(import.meta.url);
} else await runSidecar("gateway", (context) => startGateway(context, import.meta.url));
