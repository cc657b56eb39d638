import { once } from "node:events";
import { connect } from "node:net";
import Mocha from "mocha";
import { emitTestEvents } from "../support/mocha-events.ts";
import { REPORT_PORT_VARIABLE } from "./report-channel.ts";

const TEST_DEADLINE_MS = 30_000;

/**
 * VS Code calls this inside the extension host. The results go to the runner as lines of JSON over a loopback socket;
 * VS Code itself hears only whether all is well.
 *
 * @throws Error with the number of failures.
 */
export async function run(): Promise<void> {
  // The base reporter prints nothing: the events are all the report there is.
  const mocha = new Mocha({ ui: "bdd", timeout: TEST_DEADLINE_MS, reporter: Mocha.reporters.Base });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  await import("./installation.test.ts");
  await import("./control-center.test.ts");
  await import("./approvals.test.ts");
  await import("./profiles-and-events.test.ts");
  await import("./diagnostics.test.ts");
  await import("./discord-account.test.ts");

  const socket = connect(Number(process.env[REPORT_PORT_VARIABLE]), "127.0.0.1");
  await once(socket, "connect");
  const failures = await new Promise<number>((resolve) => {
    const runner = mocha.run(resolve);
    emitTestEvents(runner, (event) => socket.write(`${JSON.stringify(event)}\n`));
  });
  socket.end();
  await once(socket, "close");
  if (failures > 0) {
    throw new Error(`${failures} tests failed inside the extension host`);
  }
}
