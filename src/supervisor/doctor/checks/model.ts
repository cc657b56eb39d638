import type { Check } from "../check.ts";

/** Whether the model that answers can be used. */
export const modelCheck: Check = {
  id: "model",
  title: "Model provider",
  async run({ gateway }) {
    const { model } = await gateway();
    if (model === null) return { status: "unknown", evidence: "Not checked: palyra.toml cannot be read." };
    if (model.problem === null)
      return { status: "ok", evidence: `The provider “${model.provider}” can be used.` };
    return {
      status: "failed",
      evidence: `The provider “${model.provider}” cannot be used: ${model.problem}`,
      nextStep: "Correct the section [model] of palyra.toml.",
    };
  },
};
