import { isDeepStrictEqual } from "node:util";
import { serviceKinds } from "../contracts/service-kinds.ts";
import type { ServiceKind } from "../contracts/services.ts";
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

/** What a change of the settings asks for: another control center, or another start of some services, or neither. */
export function effectOfChange(before: Settings, after: Settings): "reopen" | readonly ServiceKind[] {
  if (before.stateRoot !== after.stateRoot) return "reopen";
  const used: Readonly<Record<ServiceKind, (settings: Settings) => readonly unknown[]>> = {
    gateway: ({ ports, lingerSeconds }) => [ports.gateway, lingerSeconds],
    browserd: ({ ports, lingerSeconds, browserPath }) => [ports.browserd, lingerSeconds, browserPath],
  };
  return serviceKinds.filter((service) => !isDeepStrictEqual(used[service](before), used[service](after)));
}
