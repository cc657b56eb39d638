import type { Check } from "../check.ts";

/** Whether the message store can be read whole. */
export const storeCheck: Check = {
  id: "store",
  title: "Message store",
  async run({ gateway, inspection, paths, repairStore }) {
    const { store } = await gateway();
    switch (store.state) {
      case "absent":
        return { status: "ok", evidence: "There is no store yet; it is made at the first start." };
      case "sound":
        return {
          status: "ok",
          evidence: `All files in ${paths.storeDir} can be read, and SQLite finds no fault.`,
        };
      case "skipped": {
        const reasons = (await inspection()).snapshot.gateway?.status.reasons ?? [];
        const fault = reasons.find(({ code }) =>
          ["storage_failed", "store_locked", "state_newer"].includes(code),
        );
        if (fault !== undefined) {
          return { status: "failed", evidence: fault.message, nextStep: fault.next_step };
        }
        return { status: "ok", evidence: "The running gateway has it open and reports no fault." };
      }
      case "unreadable":
        return {
          status: "failed",
          evidence: store.details.join(" "),
          nextStep: "Give your user the right to read it, or update Palyra when a newer version wrote it.",
        };
      case "damaged":
        return {
          status: "failed",
          evidence: store.details.join(" "),
          repair: {
            title: "Set aside what cannot be read and go on with the rest",
            preview: store.details.map((detail) => `  ${detail}`),
            apply: async (say) => {
              const { state, details } = await repairStore();
              if (state !== "sound") throw new Error(details.join(" "));
              details.forEach(say);
            },
          },
        };
    }
  },
};
