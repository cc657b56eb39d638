import type { BrowserdFindings } from "../contracts/self-check.ts";
import { productVersion } from "../platform/version.ts";
import { thisMachine } from "./browser-search-host.ts";
import { findBrowser } from "./find-browser.ts";

/** The browser daemon's check mode: which browser it would use. @param browserPath the user's choice */
export function checkBrowser(browserPath: string | null): BrowserdFindings {
  const search = findBrowser(thisMachine(), browserPath ?? undefined);
  const blank = { path: null, source: null, problem: null, how_to_install: null };
  const browser = (): BrowserdFindings["browser"] => {
    switch (search.kind) {
      case "found":
        return { ...blank, path: search.path, source: search.source };
      case "missing":
        return {
          ...blank,
          problem: `There is no browser on this machine. Looked for: ${search.searched.join(", ")}.`,
          how_to_install: search.howToInstall,
        };
      case "invalid-path":
        return {
          ...blank,
          problem: `The chosen browser ${search.path} cannot be used: ${search.reason}.`,
          how_to_install: search.howToInstall,
        };
    }
  };
  return { service: "browserd", version: productVersion, browser: browser() };
}
