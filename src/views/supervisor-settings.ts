import type { ControlCenterSettings } from "../supervisor/control-center-options.ts";
import type { Settings } from "./settings.ts";

/** The part of the settings that the control center uses, in its own terms. */
export function supervisorSettings(settings: Settings): ControlCenterSettings {
  return {
    lingerSeconds: settings.lingerSeconds,
    browserPath: settings.browserPath,
    ports: settings.ports,
    startOnFirstRun: { gateway: settings.autoStart, browserd: settings.autoStart },
    logLevel: "info",
  };
}
