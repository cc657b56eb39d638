import path from "node:path";
import type { ServiceKind } from "../contracts/services.ts";
import type { Warning } from "../contracts/snapshot.ts";
import { commandIds, type SettingId, settingIds } from "./contribution-ids.ts";

/** What the user set, checked. */
export interface Settings {
  readonly autoStart: boolean;
  /** Seconds the services go on without a controller; -1 = until told. */
  readonly lingerSeconds: number;
  /** Absolute path; null = the system's usual place. */
  readonly stateRoot: string | null;
  /** Absolute path; null = look for a browser. */
  readonly browserPath: string | null;
  /** A number is pinned; null = the preferred port or a free one. */
  readonly ports: Readonly<Record<ServiceKind, number | null>>;
  readonly notifications: "problems" | "none";
  /** Age in days at which our own tokens are replaced; 0 = never. */
  readonly rotateDays: number;
}

export const defaultSettings: Settings = {
  autoStart: true,
  lingerSeconds: 30,
  stateRoot: null,
  browserPath: null,
  ports: { gateway: null, browserd: null },
  notifications: "problems",
  rotateDays: 30,
};

/** The settings to use, and a warning for each value that could not be. */
export interface CheckedSettings {
  readonly settings: Settings;
  readonly warnings: readonly Warning[];
}

const warningPrefix = "setting:";

type Check<T> = (value: unknown) => { readonly value: T } | { readonly expected: string };

const truth: Check<boolean> = (value) =>
  typeof value === "boolean" ? { value } : { expected: "true or false" };

const wholeNumber =
  (from: number, to: number): Check<number> =>
  (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= from && value <= to
      ? { value }
      : { expected: `a whole number from ${from} to ${to}` };

const port: Check<number | null> = (value) => {
  if (value === null || value === 0) return { value: null };
  const checked = wholeNumber(1, 65_535)(value);
  return "value" in checked ? checked : { expected: "empty or a port number from 1 to 65535" };
};

const absolutePath: Check<string | null> = (value) => {
  if (typeof value !== "string") return { expected: "an absolute path" };
  const trimmed = value.trim();
  if (trimmed === "") return { value: null };
  return path.isAbsolute(trimmed) ? { value: path.normalize(trimmed) } : { expected: "an absolute path" };
};

const notifications: Check<Settings["notifications"]> = (value) =>
  value === "problems" || value === "none" ? { value } : { expected: "“problems” or “none”" };

/**
 * Checks the values of all settings. A value that cannot be used gives a warning that names the setting,
 * and its default is used: a wrong setting never stops anything else.
 * @param read returns the configured value of a setting, whatever it is; undefined = not set
 */
export function checkSettings(read: (id: SettingId) => unknown): CheckedSettings {
  const warnings: Warning[] = [];
  const take = <T>(id: SettingId, check: Check<T>, fallback: T): T => {
    const given = read(id);
    if (given === undefined) return fallback;
    const checked = check(given);
    if ("value" in checked) return checked.value;
    warnings.push(
      settingWarning(id, `must be ${checked.expected}, but is ${shorten(JSON.stringify(given))}`),
    );
    return fallback;
  };
  const gateway = take(settingIds.gatewayPort, port, defaultSettings.ports.gateway);
  let browserd = take(settingIds.browserdPort, port, defaultSettings.ports.browserd);
  if (gateway !== null && gateway === browserd) {
    warnings.push(
      settingWarning(
        settingIds.browserdPort,
        `must differ from ${settingIds.gatewayPort}, but both are ${gateway}`,
      ),
    );
    browserd = defaultSettings.ports.browserd;
  }
  const settings: Settings = {
    autoStart: take(settingIds.startAuto, truth, defaultSettings.autoStart),
    lingerSeconds: take(settingIds.lingerSeconds, wholeNumber(-1, 86_400), defaultSettings.lingerSeconds),
    stateRoot: take(settingIds.stateRoot, absolutePath, defaultSettings.stateRoot),
    browserPath: take(settingIds.browserPath, absolutePath, defaultSettings.browserPath),
    ports: { gateway, browserd },
    rotateDays: take(settingIds.rotateDays, wholeNumber(0, 365), defaultSettings.rotateDays),
    notifications: take(settingIds.notifications, notifications, defaultSettings.notifications),
  };
  return { settings, warnings };
}

/** The setting a warning is about; null when it is about something else. */
export function settingOfWarning(warning: Warning): string | null {
  return warning.id.startsWith(warningPrefix) ? warning.id.slice(warningPrefix.length) : null;
}

function settingWarning(id: SettingId, fault: string): Warning {
  return {
    id: `${warningPrefix}${id}`,
    severity: "warning",
    source: "control-center",
    message: `The setting ${id} ${fault}; its default is used.`,
    next_step: "Correct the setting.",
    remedy: { title: "Open Setting", command: commandIds.openSettings },
  };
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
