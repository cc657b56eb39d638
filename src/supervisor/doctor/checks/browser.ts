import type { Check } from "../check.ts";

/** Whether there is a browser to drive. */
export const browserCheck: Check = {
  id: "browser",
  title: "Browser",
  async run({ browserd }) {
    const { browser } = await browserd();
    if (browser.problem === null) {
      return {
        status: "ok",
        evidence: `${browser.source ?? "A browser"} at ${browser.path ?? "unknown place"}.`,
      };
    }
    return {
      status: "failed",
      evidence: browser.problem,
      nextStep: browser.how_to_install ?? "Install Chrome or Chromium.",
      remedy: { title: "Open Settings", command: "palyra.openSettings" },
    };
  },
};
