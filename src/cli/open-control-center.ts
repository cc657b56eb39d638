import { statePaths } from "../platform/state-paths.ts";
import { ControlCenter } from "../supervisor/control-center.ts";
import {
  type ControlCenterOptions,
  type ControlCenterSettings,
  defaultSettings,
} from "../supervisor/control-center-options.ts";
import { EncryptedFileSecretStore } from "../supervisor/encrypted-file-secret-store.ts";
import { type CommandContext, complain, hostName } from "./command-context.ts";

/**
 * Opens the control center in this terminal. Its own messages go to standard error.
 * @param desired which services are to run; what was wanted before when absent
 */
export async function openControlCenter(
  context: CommandContext,
  settings: Partial<ControlCenterSettings>,
  desired?: NonNullable<ControlCenterOptions["desired"]>,
): Promise<ControlCenter> {
  const { stateRoot, version, execPath, sidecarBundles, terminal } = context;
  const tell = (message: string): void => complain(terminal, message);
  const silent = (): void => undefined;
  return await ControlCenter.open({
    stateRoot,
    profile: context.profile,
    hostName,
    version,
    execPath,
    sidecarBundles,
    ...(desired === undefined ? {} : { desired }),
    secrets: new EncryptedFileSecretStore(statePaths(stateRoot).secretsDir),
    settings: { ...defaultSettings, ...settings },
    logger: { debug: silent, info: silent, warn: tell, error: tell },
  });
}
