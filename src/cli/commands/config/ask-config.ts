import { ConfigAnswer, type ConfigRequest, configModeFlag } from "../../../contracts/config-mode.ts";
import { PalyraError } from "../../../platform/errors.ts";
import { askProgram } from "../../../supervisor/ask-program.ts";
import type { CommandContext } from "../../command-context.ts";

type GoodConfig = Extract<ConfigAnswer, { ok: true }>;

/** Has the gateway's program read, check or change `palyra.toml`; the gateway need not run. @throws `config_invalid` */
export async function askConfig(
  { execPath, sidecarBundles, stateRoot }: CommandContext,
  changes: ConfigRequest["changes"],
): Promise<GoodConfig> {
  const program = { execPath, bundle: sidecarBundles.gateway };
  const request: ConfigRequest = { state_root: stateRoot, changes };
  const answer = await askProgram(program, configModeFlag, request, ConfigAnswer);
  if (answer.ok) return answer;
  throw PalyraError.fromDetails(answer.error);
}

/** The parts of a dotted key such as `channels.discord.default.enabled`. @throws `validation_error` */
export function keyPath(key: string): string[] {
  const parts = key.split(".");
  if (parts.every((part) => /^(?!__proto__$)[^\s]{1,128}$/.test(part))) return parts;
  throw new PalyraError("validation_error", `“${key}” is not the name of a setting.`, {
    nextStep: "Name it like router.enabled; “palyra config get” shows them all.",
  });
}

/** The setting at a path; undefined when there is none. */
export function settingAt(config: object, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string, unknown>)[part]
        : undefined,
    config,
  );
}

/** All settings below a value with their dotted names, in their order. */
export function leavesOf(value: unknown, name: string): [name: string, value: unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[name, value]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [];
  return entries.flatMap(([key, below]) => leavesOf(below, name === "" ? key : `${name}.${key}`));
}
