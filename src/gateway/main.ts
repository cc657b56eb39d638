import { runSidecar } from "../sidecar/run-sidecar.ts";
import { startGateway } from "./gateway.ts";

await runSidecar("gateway", startGateway);
