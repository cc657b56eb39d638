import { setTimeout as pause } from "node:timers/promises";
import type { Agent } from "../../../src/gateway/agent/agent.ts";
import { echoAgent } from "../../../src/gateway/agent/echo-agent.ts";
import { startGateway } from "../../../src/gateway/gateway.ts";
import { runSidecar } from "../../../src/sidecar/run-sidecar.ts";

/** Longer than any test looks on. */
const slowMs = 60_000;

/** The gateway as it is, with an agent that takes its time for what begins with “slowly”, and cannot be hurried. */
const slowAgent: Agent = {
  reply: async (...asked) => {
    const [event] = asked;
    if (event.body.trim().startsWith("slowly")) await pause(slowMs, undefined, { ref: false });
    return await echoAgent.reply(...asked);
  },
};

const program = new URL("../../../src/gateway/main.ts", import.meta.url).href;
await runSidecar("gateway", (context) => startGateway(context, program, slowAgent));
