// A control center in a process of its own, to be killed while another one looks on. Arguments: state root, bundle.
import { ControlCenter } from "../../src/supervisor/control-center.ts";
import { smallServerOptions } from "../small-server-center.ts";

const [stateRoot = "", bundle = ""] = process.argv.slice(2);
const center = await ControlCenter.open(smallServerOptions(stateRoot, bundle, null));
await center.start("gateway");
process.stdout.write("ready\n");
