import { statePaths } from "../../platform/state-paths.ts";
import { unlessAborted } from "../../platform/unless-aborted.ts";
import { allChecks } from "../doctor/all-checks.ts";
import type { DoctorHost } from "../doctor/check.ts";
import { doctorContext } from "../doctor/doctor-context.ts";
import { examine } from "../doctor/run-doctor.ts";
import { entrySources } from "./bundle-entries.ts";
import { BundleRedactor } from "./bundle-redactor.ts";
import { type WrittenBundle, writeBundle } from "./write-bundle.ts";

export interface ExportWishes {
  /** Absolute path of the zip file. */
  readonly file: string;
  readonly signal: AbortSignal;
  readonly maxBytes?: number;
  /** @param done from 0 to 1 */
  progress(step: string, done: number): void;
}

/**
 * Exports a support bundle of a state root: snapshot, checks, configuration, versions and the ends of the logs,
 * without secrets and without what people wrote.
 * @throws as `writeBundle`
 */
export async function exportBundle(host: DoctorHost, wishes: ExportWishes): Promise<WrittenBundle> {
  const redactor = new BundleRedactor();
  const context = doctorContext(host, redactor);
  wishes.progress("reading the names of all secrets to leave out", 0);
  const secrets = await unlessAborted(context.secrets(), wishes.signal);
  const notes =
    secrets.kind === "elsewhere"
      ? [`The exact values of the secrets were not known here (${secrets.reason}); their forms were.`]
      : secrets.faults;
  const sources = entrySources({
    paths: statePaths(host.stateRoot),
    snapshot: async () => (await context.inspection()).snapshot,
    checks: async () => (await examine(host, allChecks)).results,
    versions: {
      palyra: host.version,
      node: process.versions.node,
      ...(process.versions.electron === undefined ? {} : { electron: process.versions.electron }),
      ...(host.editorVersion === null ? {} : { vscode: host.editorVersion }),
      platform: `${process.platform} ${process.arch}`,
    },
  });
  return await writeBundle({
    ...wishes,
    sources,
    redactor,
    now: host.now(),
    version: host.version,
    notes,
  });
}
