import type { Command } from "commander";
import { ChannelActionResponse } from "../../../contracts/http-channels.ts";
import { requiredConnector, type SelectorFlags, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { actionAnswer } from "./action-answer.ts";

const steps = [
  ["queue-pause", "pause", "send nothing until resumed; messages still come in"],
  ["queue-resume", "resume", "send again"],
  ["queue-drain", "drain", "send what is due now, paused or not"],
] as const;

/** Adds `palyra channels queue-pause`, `queue-resume` and `queue-drain`. */
export function addQueue(channels: Command, shell: Shell): void {
  for (const [name, step, what] of steps) {
    const command = needsGateway(withSelector(channels.command(name).description(what)));
    withExamples(command, `palyra channels ${name} discord`);
    command.action(async (named: string | undefined, given: SelectorFlags & { start?: boolean }) => {
      const path = route`/channels/${requiredConnector(named, given)}/operations/queue/${step}`;
      await showFromGateway(shell, given, async (gateway) =>
        actionAnswer(await gateway.post(path, {}, ChannelActionResponse)),
      );
    });
  }
}
