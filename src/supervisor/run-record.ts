import { lstat, rm } from "node:fs/promises";
import path from "node:path";
import { RunRecord } from "../contracts/control-link.ts";
import type { ServiceKind } from "../contracts/services.ts";
import { systemErrorCode } from "../platform/errors.ts";
import type { ProcessIdentity } from "../platform/process-identity.ts";
import { readRegularFile } from "../platform/read-regular-file.ts";
import { localEndpoint, runRecordFile, type StatePaths } from "../platform/state-paths.ts";
import { writePrivateFile } from "../platform/write-private-file.ts";

/** What is known of a sidecar that was spawned before; null when nothing usable is. */
export async function readRunRecord(paths: StatePaths, service: ServiceKind): Promise<RunRecord | null> {
  try {
    const reading = await readRegularFile(runRecordFile(paths, service));
    if (reading.kind !== "read") return null;
    const parsed = RunRecord.safeParse(JSON.parse(reading.text));
    // A record that cannot be read names no process: there is nobody to find.
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Writes the record, readable by its owner only, whole or not at all. */
export async function writeRunRecord(paths: StatePaths, record: RunRecord): Promise<void> {
  await writePrivateFile(runRecordFile(paths, record.service), `${JSON.stringify(record, null, 2)}\n`);
}

export async function removeRunRecord(paths: StatePaths, service: ServiceKind): Promise<void> {
  await rm(runRecordFile(paths, service), { force: true });
}

/**
 * Removes the socket that a dead process of this state root left behind; a named pipe leaves none. The name
 * comes from a file that may be damaged: only a socket where ours are made is touched.
 */
export async function removeStaleEndpoint(paths: StatePaths, endpoint: string): Promise<void> {
  if (process.platform === "win32") return;
  if (path.dirname(path.resolve(endpoint)) !== path.dirname(localEndpoint(paths, "any"))) return;
  try {
    if ((await lstat(endpoint)).isSocket()) await rm(endpoint, { force: true });
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  }
}

/** The process a record names, as far as it can be proven later; null while it is not known. */
export function recordedIdentity(record: RunRecord): ProcessIdentity | null {
  return record.pid === null || record.process_start === null
    ? null
    : { pid: record.pid, start: record.process_start };
}
