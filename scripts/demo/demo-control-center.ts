import chromium from "@sparticuz/chromium";
import type { ControlCenterSnapshot } from "../../src/contracts/snapshot.ts";
import { statePaths } from "../../src/platform/state-paths.ts";
import { productVersion } from "../../src/platform/version.ts";
import { ControlCenter } from "../../src/supervisor/control-center.ts";
import { defaultSettings } from "../../src/supervisor/control-center-options.ts";
import { EncryptedFileSecretStore } from "../../src/supervisor/encrypted-file-secret-store.ts";
import { findInstalledBrowser } from "../../test/support/vscode/launch-browser.ts";

const READY_DEADLINE_MS = 60_000;

export interface DemoControlCenterOptions {
  readonly stateRoot: string;
  /** Folder with the sidecars' bundles. */
  readonly dist: string;
  readonly say: (line: string) => void;
}

/** Runs the services from this terminal: they are there before the first window, which then looks on. */
export async function openControlCenter(options: DemoControlCenterOptions): Promise<ControlCenter> {
  const { stateRoot, dist, say } = options;
  return ControlCenter.open({
    stateRoot,
    hostName: "terminal",
    version: productVersion,
    sidecarBundles: { gateway: `${dist}/palyrad.mjs`, browserd: `${dist}/palyra-browserd.mjs` },
    execPath: process.execPath,
    secrets: new EncryptedFileSecretStore(statePaths(stateRoot).secretsDir),
    // Without an installed browser the demo shows the one that comes with the development packages.
    settings: {
      ...defaultSettings,
      browserPath: findInstalledBrowser() === undefined ? await chromium.executablePath() : null,
    },
    logger: { debug: () => undefined, info: () => undefined, warn: say, error: say },
  });
}

/**
 * Resolves when both services are up and the bot is connected. Without a browser the whole is degraded, and that will do.
 *
 * @throws Error with the last reason at the deadline.
 */
export async function whenReady(
  center: Pick<ControlCenter, "snapshot" | "onSnapshot">,
  timeoutMs = READY_DEADLINE_MS,
): Promise<ControlCenterSnapshot> {
  return new Promise((resolve, reject) => {
    const look = (snapshot: ControlCenterSnapshot): void => {
      if (isReady(snapshot)) {
        clearTimeout(timer);
        subscription.dispose();
        resolve(snapshot);
      }
    };
    const timer = setTimeout(() => {
      subscription.dispose();
      reject(new Error(`The services did not get ready: ${center.snapshot.overall_reason}`));
    }, timeoutMs);
    const subscription = center.onSnapshot(look);
    look(center.snapshot);
  });
}

/** Says each change of how the services are, such as the end of one and its return, until the returned function is called. */
export function sayChanges(
  center: Pick<ControlCenter, "snapshot" | "onSnapshot">,
  say: (line: string) => void,
): () => void {
  let told = center.snapshot.overall_status;
  const subscription = center.onSnapshot((snapshot) => {
    if (snapshot.overall_status === told) return;
    told = snapshot.overall_status;
    say(inWords(snapshot));
  });
  return () => subscription.dispose();
}

/** How the services are, in one line. */
export function inWords({ overall_status, overall_reason }: ControlCenterSnapshot): string {
  return `the services are ${overall_status}: ${overall_reason}`;
}

function isReady({ services, gateway }: ControlCenterSnapshot): boolean {
  const areUp = services.every(({ state }) => state === "running" || state === "degraded");
  const connectors = gateway?.status.connectors ?? [];
  return (
    areUp && connectors.some(({ readiness, liveness }) => readiness === "ready" && liveness === "running")
  );
}
