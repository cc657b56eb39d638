import type { Check } from "../check.ts";

/** Oldest Node.js that runs the services, as `engines` of the package says. */
const oldestNode = 20;

/** Whether the runtime of this host can run the services. */
export const runtimeCheck: Check = {
  id: "runtime",
  title: "Runtime",
  async run({ host }) {
    const major = Number(process.versions.node.split(".")[0]);
    const editor = host.editorVersion === null ? "" : `VS Code ${host.editorVersion}, `;
    const evidence = `Palyra ${host.version}, ${editor}Node.js ${process.versions.node} on ${process.platform} ${process.arch}.`;
    if (major >= oldestNode) return { status: "ok", evidence };
    return {
      status: "failed",
      evidence: `${evidence} Palyra needs Node.js ${oldestNode} or newer.`,
      nextStep: `Use Node.js ${oldestNode} or newer, or update VS Code.`,
    };
  },
};
