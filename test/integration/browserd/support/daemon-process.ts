import { startBrowserDaemon } from "../../../../src/browserd/browser-daemon.ts";
import { recordedLogger } from "./recorded-logger.ts";
import { locateTestBrowser, testBrowserOptions } from "./test-browser.ts";

/** A daemon in a process of its own: `node daemon-process.ts TOKEN TEMPORARY_FOLDER`; prints its port. */
const [token = "", temporaryFolder = ""] = process.argv.slice(2);
const daemon = await startBrowserDaemon({
  ...testBrowserOptions,
  logger: recordedLogger(),
  tokens: [token],
  locate: await locateTestBrowser(),
  allowPrivateTargets: true,
  temporaryFolder,
});
daemon.onStatus((status) => process.stdout.write(`${JSON.stringify({ browserPid: status.browser.pid })}\n`));
process.stdout.write(`${JSON.stringify({ port: daemon.port })}\n`);
