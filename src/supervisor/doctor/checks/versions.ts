import type { Check } from "../check.ts";

/** Whether the services that run are of this version. */
export const versionsCheck: Check = {
  id: "versions",
  title: "Versions",
  async run({ host, inspection }) {
    const { snapshot } = await inspection();
    const running = snapshot.services.filter(({ pid }) => pid !== null);
    if (running.length === 0)
      return { status: "ok", evidence: "Nothing runs, so there is nothing to compare." };
    const others = running.filter(({ version }) => version !== null && version !== host.version);
    if (others.length === 0) return { status: "ok", evidence: `All that runs has version ${host.version}.` };
    const told = others.map((view) => `${view.display_name} ${view.version ?? ""}`).join(" and ");
    return {
      status: "warning",
      evidence: `${told} runs beside Palyra ${host.version}.`,
      nextStep: "Restart the services so that all parts have one version.",
      remedy: { title: "Restart", command: "palyra.restart" },
    };
  },
};
