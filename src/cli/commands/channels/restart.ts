import type { Command } from "commander";
import { ChannelActionResponse } from "../../../contracts/http-channels.ts";
import { requiredConnector, type SelectorFlags, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { actionAnswer } from "./action-answer.ts";

/** Adds `palyra channels restart`. */
export function addRestart(channels: Command, shell: Shell): void {
  const restart = needsGateway(
    withSelector(channels.command("restart").description("connect a connector anew")),
  );
  withExamples(restart, "palyra channels restart discord");
  restart.action(async (named: string | undefined, given: SelectorFlags & { start?: boolean }) => {
    const path = route`/channels/${requiredConnector(named, given)}/operations/restart`;
    await showFromGateway(shell, given, async (gateway) =>
      actionAnswer(await gateway.post(path, {}, ChannelActionResponse)),
    );
  });
}
