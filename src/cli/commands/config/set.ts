import type { Command } from "commander";
import * as z from "zod";
import { PalyraError } from "../../../platform/errors.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { type Shell, show } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { askConfig, keyPath, settingAt } from "./ask-config.ts";

/** Adds `palyra config set` and `palyra config unset`. */
export function addSet(config: Command, shell: Shell): void {
  const set = config
    .command("set")
    .description(
      "change a setting of the gateway; comments in palyra.toml are kept, and it is in force at once",
    )
    .argument("<key>", "such as router.enabled")
    .argument("<value>", 'true, 5, ["a", "b"] or {…} as in JSON; anything else is a text');
  withExamples(
    set,
    "palyra config set router.default_direct_message_policy deny",
    "palyra config set channels.discord.default.allow_from '[\"discord:user:1100000000000000001\"]'",
  );
  set.action(async (key: string, value: string) => change(shell, key, settingOf(value)));
  const unset = config
    .command("unset")
    .description("take a setting out, so that its default is in force")
    .argument("<key>", "such as router.enabled");
  withExamples(unset, "palyra config unset router.default_direct_message_policy");
  unset.action(async (key: string) => change(shell, key, null));
}

async function change(shell: Shell, key: string, value: z.infer<typeof Value> | null): Promise<void> {
  const path = keyPath(key);
  await show(shell, async (context) => {
    const { config, file, config_hash } = await askConfig(context, [{ path, value }]);
    const now = settingAt(config, path);
    const shown = now === undefined ? "its default" : JSON.stringify(now);
    return {
      data: { file, config_hash, key, value: now ?? null },
      records: [record("config.set", { key, value: now === undefined ? null : shown, config_hash })],
      lines: () => [visibleText(`${key} is ${shown} now.`)],
    };
  });
}

const Value = z.json();

/** JSON where it is JSON, else the text itself. */
function settingOf(text: string): z.infer<typeof Value> {
  try {
    const value = Value.parse(JSON.parse(text));
    if (value !== null) return value;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return text;
    throw thrown;
  }
  throw new PalyraError("validation_error", "A setting cannot be null.", {
    nextStep: "Take it out with “palyra config unset”.",
  });
}
