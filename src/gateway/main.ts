import { runSidecar } from "../sidecar/run-sidecar.ts";
import { startGateway } from "./gateway.ts";

await runSidecar("gateway", (context) => startGateway(context, import.meta.url));
