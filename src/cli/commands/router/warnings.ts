import type { Command } from "commander";
import { RouterWarningsResponse } from "../../../contracts/http-router.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";

/** Adds `palyra channels router warnings`. */
export function addWarnings(router: Command, shell: Shell): void {
  const command = needsGateway(
    router.command("warnings").description("show rules that are probably not meant"),
  );
  withExamples(command, "palyra channels router warnings");
  command.action(async (given: { start?: boolean }) => {
    await showFromGateway(shell, given, async (gateway) => {
      const answer = await gateway.get("/channels/router/warnings", RouterWarningsResponse);
      const { warnings, config_hash } = answer;
      return {
        data: answer,
        records: [
          record("channels.router.warnings", { config_hash, count: warnings.length }),
          ...warnings.map(({ code, origin, message }) =>
            record("channels.router.warning", { code, origin, text: message }),
          ),
        ],
        lines: (paint) =>
          warnings.length === 0
            ? [paint("green", "No rule looks like a mistake.")]
            : warnings.map(
                ({ origin, message }) =>
                  `${paint("yellow", "warning")} ${paint("dim", visibleText(origin))} ${visibleText(message)}`,
              ),
      };
    });
  });
}
