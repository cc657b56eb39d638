import { statePaths } from "../src/platform/state-paths.ts";
import { productVersion } from "../src/platform/version.ts";
import { type ControlCenterOptions, defaultSettings } from "../src/supervisor/control-center-options.ts";
import { EncryptedFileSecretStore } from "../src/supervisor/encrypted-file-secret-store.ts";

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * Options of a control center that runs the small server in the gateway's place, and nothing else.
 * @param bundle absolute path of the bundled `programs/small-server.ts`
 * @param port the one it has to take; null = any
 */
export function smallServerOptions(
  stateRoot: string,
  bundle: string,
  port: number | null,
): ControlCenterOptions {
  return {
    stateRoot,
    hostName: "benchmark",
    version: productVersion,
    sidecarBundles: { gateway: bundle, browserd: bundle },
    execPath: process.execPath,
    secrets: new EncryptedFileSecretStore(statePaths(stateRoot).secretsDir),
    settings: {
      ...defaultSettings,
      lingerSeconds: 20,
      ports: { gateway: port, browserd: null },
      startOnFirstRun: { gateway: true, browserd: false },
    },
    logger: silent,
  };
}
