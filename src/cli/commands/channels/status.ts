import type { Command } from "commander";
import { ChannelStatusResponse, ChannelsResponse } from "../../../contracts/http-channels.ts";
import { type SelectorFlags, selectedConnector, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { listAnswer } from "./list.ts";
import { statusAnswer } from "./status-answer.ts";

/** Adds `palyra channels status`: of one connector, or of all when none is named. */
export function addStatus(channels: Command, shell: Shell): void {
  const status = needsGateway(
    withSelector(
      channels.command("status").description("show how a connector is; all of them when none is named"),
    ),
  );
  withExamples(
    status,
    "palyra channels status",
    "palyra channels status discord",
    "palyra channels status --provider discord --account-id ops",
  );
  status.action(async (named: string | undefined, given: SelectorFlags & { start?: boolean }) => {
    const id = selectedConnector(named, given);
    await showFromGateway(shell, given, async (gateway) =>
      id === null
        ? listAnswer(await gateway.get("/channels", ChannelsResponse))
        : statusAnswer(await gateway.get(route`/channels/${id}`, ChannelStatusResponse)),
    );
  });
}
