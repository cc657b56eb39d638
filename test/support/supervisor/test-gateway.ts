import { runTestSidecar } from "./test-sidecar.ts";

await runTestSidecar("gateway");
