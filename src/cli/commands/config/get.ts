import type { Command } from "commander";
import { PalyraError } from "../../../platform/errors.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { type Shell, show } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { askConfig, keyPath, leavesOf, settingAt } from "./ask-config.ts";

/** Adds `palyra config get`. */
export function addGet(config: Command, shell: Shell): void {
  const get = config
    .command("get")
    .description("show the gateway's settings in force, defaults included; all of them unless one is named")
    .argument("[key]", "such as router.enabled or channels.discord.default");
  withExamples(get, "palyra config get", "palyra config get router.default_direct_message_policy");
  get.action(async (key: string | undefined) => {
    await show(shell, async (context) => {
      const { config: settings, file, exists } = await askConfig(context, []);
      const value = key === undefined ? settings : settingAt(settings, keyPath(key));
      if (value === undefined) {
        throw new PalyraError("not_found", `The setting “${key}” is not there.`, {
          nextStep: "Look at “palyra config get” for the settings in force.",
        });
      }
      const leaves = leavesOf(value, key ?? "");
      return {
        data: { file, exists, key: key ?? null, value },
        records: leaves.map(([name, one]) => record("config.setting", { key: name, value: text(one) })),
        lines: (paint) => [
          ...leaves.map(([name, one]) => `${paint("cyan", visibleText(name))} = ${visibleText(text(one))}`),
          ...(key === undefined
            ? [
                "",
                paint("dim", visibleText(exists ? file : `${file} is not there yet: these are the defaults`)),
              ]
            : []),
        ],
      };
    });
  });
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
