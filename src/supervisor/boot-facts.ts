import { randomBytes } from "node:crypto";
import path from "node:path";
import { type BootLine, controlLinkProtocol } from "../contracts/control-link.ts";
import type { ServiceKind } from "../contracts/services.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";
import { localEndpoint, type StatePaths } from "../platform/state-paths.ts";

/** What a spawn needs and only its moment knows. */
export type BootFacts = Pick<BootLine, "port" | "tokens" | "linger_seconds" | "log_level" | "browser_path">;

/** The line a new sidecar is told on standard input, with an identity and a socket of its own. */
export function newBootLine(service: ServiceKind, paths: StatePaths, facts: BootFacts): BootLine {
  return {
    protocol: controlLinkProtocol,
    service,
    instance_id: randomBytes(32).toString("base64url"),
    state_root: paths.root,
    // A name of its own, so that a sidecar that is still ending cannot remove the socket of the next one.
    endpoint: localEndpoint(paths, `${service}-${randomBytes(4).toString("hex")}`),
    ...facts,
  };
}

/** Makes the private folders in which the run record and the socket are put. */
export async function ensureEndpointFolders(paths: StatePaths, endpoint: string): Promise<void> {
  await ensurePrivateFolder(paths.runDir);
  if (process.platform !== "win32") await ensurePrivateFolder(path.dirname(endpoint));
}
