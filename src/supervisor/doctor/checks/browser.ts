import type { Check } from "../check.ts";

/** Whether there is a browser to drive: the one that the running service has, else what a new one would find. */
export const browserCheck: Check = {
  id: "browser",
  title: "Browser",
  async run({ browserd, inspection }) {
    const running = (await inspection()).snapshot.browserd?.status.browser;
    if (running !== undefined && running.path !== null && ["idle", "running"].includes(running.state)) {
      return { status: "ok", evidence: foundAt(running.source, running.path) };
    }
    const { browser } = await browserd();
    if (browser.problem === null) {
      return { status: "ok", evidence: foundAt(browser.source, browser.path) };
    }
    return {
      status: "failed",
      evidence: browser.problem,
      nextStep: browser.how_to_install ?? "Install Chrome or Chromium.",
      remedy: { title: "Open Settings", command: "palyra.openSettings" },
    };
  },
};

function foundAt(source: string | null, path: string | null): string {
  return `${source ?? "A browser"} at ${path ?? "unknown place"}.`;
}
