import type { ControlCenterSettings } from "../supervisor/control-center-options.ts";
import type { Settings } from "./settings.ts";

/** The settings in the supervisor's terms: read anew each time, so that each start has the present ones. */
export function supervisorSettings(present: () => Settings): ControlCenterSettings {
  return {
    get lingerSeconds() {
      return present().lingerSeconds;
    },
    get browserPath() {
      return present().browserPath;
    },
    get ports() {
      return present().ports;
    },
    get startOnFirstRun() {
      const { autoStart } = present();
      return { gateway: autoStart, browserd: autoStart };
    },
    get rotateDays() {
      return present().rotateDays;
    },
    logLevel: "info",
  };
}

/** What a change of the settings asks for: another control center, another start of the services, or nothing. */
export function effectOfChange(before: Settings, after: Settings): "reopen" | "restart" | "none" {
  if (before.stateRoot !== after.stateRoot) return "reopen";
  const used = ({ browserPath, ports, lingerSeconds }: Settings): string =>
    JSON.stringify([browserPath, ports.gateway, ports.browserd, lingerSeconds]);
  return used(before) === used(after) ? "none" : "restart";
}
