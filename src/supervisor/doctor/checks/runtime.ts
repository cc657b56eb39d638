import type { Check } from "../check.ts";

/** Oldest Node.js that runs the services, and the oldest they are built for. */
const oldestNode = 20;
const builtForNode = 22;

/** Whether the runtime of this host can run the services. */
export const runtimeCheck: Check = {
  id: "runtime",
  title: "Runtime",
  async run({ host }) {
    const major = Number(process.versions.node.split(".")[0]);
    const editor = host.editorVersion === null ? "" : `VS Code ${host.editorVersion}, `;
    const evidence = `Palyra ${host.version}, ${editor}Node.js ${process.versions.node} on ${process.platform} ${process.arch}.`;
    if (major >= builtForNode) return { status: "ok", evidence };
    return {
      status: major >= oldestNode ? "warning" : "failed",
      evidence: `${evidence} Palyra is built for Node.js ${builtForNode} and newer.`,
      nextStep: `Use Node.js ${builtForNode} or newer, or update VS Code.`,
    };
  },
};
