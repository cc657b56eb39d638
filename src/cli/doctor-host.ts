import type { ServiceKind } from "../contracts/services.ts";
import { statePaths } from "../platform/state-paths.ts";
import type { DoctorHost } from "../supervisor/doctor/check.ts";
import { thisMachine } from "../supervisor/doctor/this-machine.ts";
import { EncryptedFileSecretStore } from "../supervisor/encrypted-file-secret-store.ts";
import { type CommandContext, hostName } from "./command-context.ts";

/** What the user gives to `palyra up` and the doctor alike. */
export interface StartWishes {
  readonly ports: Readonly<Record<ServiceKind, number | null>>;
  readonly browserPath: string | null;
}

/** This terminal, as the doctor needs it. */
export function doctorHost(
  { stateRoot, version, execPath, sidecarBundles }: CommandContext,
  wishes: StartWishes,
): DoctorHost {
  return {
    ...thisMachine,
    ...wishes,
    stateRoot,
    hostName,
    version,
    execPath,
    sidecarBundles,
    editorVersion: null,
    secrets: new EncryptedFileSecretStore(statePaths(stateRoot).secretsDir),
  };
}
