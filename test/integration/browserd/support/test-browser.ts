import chromium from "@sparticuz/chromium";
import type { BrowserSearch } from "../../../../src/browserd/find-browser.ts";

/** The headless Chromium of the test dependencies; the first call unpacks it. */
export async function locateTestBrowser(): Promise<() => BrowserSearch> {
  const path = await chromium.executablePath();
  return () => ({ kind: "found", path, source: "test" });
}

/** What this build of Chromium needs: it has no sandbox helper and no graphics. */
export const testBrowserOptions = {
  headless: "shell",
  extraBrowserArguments: ["--no-sandbox", "--disable-gpu"],
} as const;
