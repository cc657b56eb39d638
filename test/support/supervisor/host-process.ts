// A host of its own process, as a second window would be: opens a control center and says on standard
// output, one JSON value a line, what role it has.

import { ControlCenter } from "../../../src/supervisor/control-center.ts";
import { testOptions } from "./control-center-host.ts";

const [stateRoot = "", hostName = "host process"] = process.argv.slice(2);
const center = await ControlCenter.open(testOptions(stateRoot, { hostName }));
const tell = (): boolean => process.stdout.write(`${JSON.stringify({ role: center.role })}\n`);
center.onRole(tell);
tell();
