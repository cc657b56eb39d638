// A process that stops the services and ends by itself, as a terminal's command does; it says on standard
// output “done” or, as JSON, why not.

import { detailsOf } from "../../../src/platform/errors.ts";
import { ControlCenter } from "../../../src/supervisor/control-center.ts";
import { testOptions } from "../../support/supervisor/control-center-host.ts";

const [stateRoot = ""] = process.argv.slice(2);
const center = await ControlCenter.open(testOptions(stateRoot, { hostName: "terminal" }));
try {
  await center.stop();
  process.stdout.write("done");
} catch (thrown) {
  process.stdout.write(JSON.stringify(detailsOf(thrown)));
}
await center.dispose();
