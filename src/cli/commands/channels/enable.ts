import type { Command } from "commander";
import { EnabledResponse } from "../../../contracts/http-channels.ts";
import { requiredConnector, type SelectorFlags, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";

/** Adds `palyra channels enable` and `disable`. */
export function addEnable(channels: Command, shell: Shell): void {
  for (const enabled of [true, false]) {
    const name = enabled ? "enable" : "disable";
    const what = enabled
      ? "connect a connector and answer its messages"
      : "disconnect a connector, and stay so";
    const command = needsGateway(withSelector(channels.command(name).description(what)));
    withExamples(command, `palyra channels ${name} discord`);
    command.action(async (named: string | undefined, given: SelectorFlags & { start?: boolean }) => {
      const id = requiredConnector(named, given);
      await showFromGateway(shell, given, async (gateway) => {
        const answer = await gateway.post(route`/channels/${id}/enabled`, { enabled }, EnabledResponse);
        const { connector } = answer;
        return {
          data: answer,
          records: [
            record(`channels.${name}`, {
              id: connector.connector_id,
              enabled: connector.enabled,
              readiness: connector.readiness,
              liveness: connector.liveness,
            }),
          ],
          lines: () => [visibleText(`${connector.connector_id} is ${connector.enabled ? "on" : "off"} now.`)],
        };
      });
    });
  }
}
