import net from "node:net";
import {
  preferredPorts,
  type ServiceKind,
  serviceDisplayNames,
  serviceKinds,
} from "../../../contracts/services.ts";
import { systemErrorCode } from "../../../platform/errors.ts";
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

async function portOf(service: ServiceKind, { host, inspection }: DoctorContext): Promise<Finding> {
  const name = serviceDisplayNames[service];
  const { snapshot } = await inspection();
  const bound = snapshot.services.find((view) => view.service === service)?.ports ?? [];
  const pinned = host.ports[service];
  if (bound.length > 0) {
    const numbers = bound.map(({ port }) => port);
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
    return { status: "ok", evidence: `Port ${port} cannot be used (${fault}); ${name} takes a free one.` };
  }
  return { status: "failed", evidence: `Port ${port} is set for ${name} and cannot be used: ${fault}.` };
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
