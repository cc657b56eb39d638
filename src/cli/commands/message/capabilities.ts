import type { Command } from "commander";
import { ChannelsResponse } from "../../../contracts/http-channels.ts";
import { requiredConnector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { table } from "../../output/table.ts";
import { type Shell, showFromGateway } from "../../shell.ts";
import { providerOf } from "../channels/capabilities.ts";
import { type MessageFlags, messageCommand } from "./connector-argument.ts";

/** Adds `palyra message capabilities`. */
export function addCapabilities(message: Command, shell: Shell): void {
  const command = messageCommand(message, "capabilities", "show what can be done with messages");
  withExamples(command, "palyra message capabilities discord");
  command.action(async (named: string | undefined, given: MessageFlags) => {
    const connectorId = requiredConnector(named, given);
    await showFromGateway(shell, given, async (gateway) => {
      const { providers } = await gateway.get("/channels", ChannelsResponse);
      const { kind, capabilities } = providerOf(providers, connectorId);
      const actions = Object.entries(capabilities.message);
      const names = (supported: boolean): string[] =>
        actions.flatMap(([name, one]) => (one.supported === supported ? [name] : []));
      return {
        data: { connector_id: connectorId, provider: kind, message: capabilities.message },
        records: [
          record("message.capabilities", {
            connector_id: connectorId,
            provider: kind,
            supported: names(true),
            unsupported: names(false),
          }),
        ],
        lines: (paint, _now, width) =>
          table(
            ["action", "", "why not"],
            actions.map(([name, { supported, reason }]) => [
              name.replaceAll("_", " "),
              supported ? { text: "yes", style: "green" } : { text: "no", style: "dim" },
              reason ?? "",
            ]),
            paint,
            width,
          ),
      };
    });
  });
}
