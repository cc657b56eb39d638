import { access } from "node:fs/promises";
import net from "node:net";
import { preferredPorts, serviceDisplayNames, serviceKinds } from "../../../contracts/service-kinds.ts";
import type { ServiceKind } from "../../../contracts/services.ts";
import { systemErrorCode } from "../../../platform/errors.ts";
import type { StatePaths } from "../../../platform/state-paths.ts";
import { type Check, type DoctorContext, type Finding, worstOf } from "../check.ts";

/** Whether each service has its port, or can get it. */
export const portsCheck: Check = {
  id: "ports",
  title: "Ports",
  async run(context) {
    const findings: Finding[] = [];
    for (const service of serviceKinds) findings.push(await portOf(service, context));
    const status = worstOf(findings.map((finding) => finding.status));
    const evidence = findings.map((finding) => finding.evidence).join(" ");
    if (status === "ok") return { status, evidence };
    return {
      status,
      evidence,
      nextStep: "Free the port, or choose another one or none in the settings.",
      remedy: { title: "Open Settings", command: "palyra.openSettings" },
    };
  },
};

async function portOf(service: ServiceKind, { host, inspection, paths }: DoctorContext): Promise<Finding> {
  const name = serviceDisplayNames[service];
  const { snapshot } = await inspection();
  const bound = snapshot.services.find((view) => view.service === service)?.ports ?? [];
  const pinned = host.ports[service];
  if (bound.length > 0) {
    const numbers = bound.map(({ port }) => port);
    const usual = preferredPorts[service];
    if (pinned === null && !numbers.includes(usual) && (await hasSenders(service, paths))) {
      return {
        status: "warning",
        evidence: `${name} serves on port ${numbers.join(", ")}, because ${usual} was taken: who sends webhooks to ${usual} does not reach it.`,
      };
    }
    if (pinned === null || numbers.includes(pinned)) {
      return { status: "ok", evidence: `${name} serves on port ${numbers.join(", ")}.` };
    }
    const evidence = `${name} serves on port ${numbers.join(", ")} until its next start, then on ${pinned}.`;
    return { status: "ok", evidence };
  }
  const port = pinned ?? preferredPorts[service];
  const fault = await whyTaken(port);
  if (fault === null) return { status: "ok", evidence: `Port ${port} is free for ${name}.` };
  if (pinned === null) {
    const evidence = `Port ${port} cannot be used (${fault}); ${name} takes a free one`;
    return (await hasSenders(service, paths))
      ? { status: "warning", evidence: `${evidence}, where no sender of webhooks looks for it.` }
      : { status: "ok", evidence: `${evidence}.` };
  }
  return { status: "failed", evidence: `Port ${port} is set for ${name} and cannot be used: ${fault}.` };
}

/** Whether programs elsewhere know a port of the service by its number. */
async function hasSenders(service: ServiceKind, { webhooksConfig }: StatePaths): Promise<boolean> {
  if (service !== "gateway") return false;
  return await access(webhooksConfig).then(
    () => true,
    () => false,
  );
}

function whyTaken(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", (error) => {
      const code = systemErrorCode(error);
      if (code === "EADDRINUSE") resolve("another program uses it");
      else resolve(code === "EACCES" ? "your user may not use it" : error.message);
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(null)));
  });
}
