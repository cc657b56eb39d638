import type { Command } from "commander";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { type Shell, show } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { askConfig } from "./ask-config.ts";

/** Adds `palyra config validate`. */
export function addValidate(config: Command, shell: Shell): void {
  const validate = config
    .command("validate")
    .description("check palyra.toml without applying it; a fault is named with its place");
  withExamples(validate, "palyra config validate");
  validate.action(async () => {
    await show(shell, async (context) => {
      const { file, exists, config_hash } = await askConfig(context, []);
      return {
        data: { valid: true, file, exists, config_hash },
        records: [record("config.validate", { valid: true, exists, config_hash, file })],
        lines: (paint) => [
          exists
            ? `${paint("green", "Valid:")} ${visibleText(file)}`
            : visibleText(`${file} is not there yet; the defaults are in force.`),
        ],
      };
    });
  });
}
