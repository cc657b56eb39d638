import type { Check } from "../check.ts";

/** Whether `palyra.toml` is read as its author meant it. */
export const configurationCheck: Check = {
  id: "configuration",
  title: "Configuration",
  async run({ gateway, paths }) {
    const { config_problem: problem, config_exists: exists } = await gateway();
    // Nobody but its author knows what a wrong line was meant to say: it is named and never changed.
    if (problem !== null) return { status: "failed", evidence: problem.message, nextStep: problem.next_step };
    if (!exists)
      return { status: "ok", evidence: `There is no ${paths.gatewayConfig}; all is at its default.` };
    return { status: "ok", evidence: `${paths.gatewayConfig} is valid and has no unknown settings.` };
  },
};
