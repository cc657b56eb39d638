import type { Command } from "commander";
import { requiredConnector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { type Shell, showFromGateway } from "../../shell.ts";
import { changeAnswer, MutationAnswer } from "./change-answer.ts";
import { approvalOf, type ChangeFlags, changeCommand, locatorOf } from "./locator-options.ts";

/** Adds `palyra message delete`. */
export function addDelete(message: Command, shell: Shell): void {
  const command = changeCommand(message, "delete", "delete a message").option(
    "--reason <text>",
    "why, as the server's log shows it",
  );
  withExamples(
    command,
    "palyra message delete discord --conversation-id 1100000000000000001 --message-id 1100000000000000002",
  );
  command.action(async (named: string | undefined, given: ChangeFlags & { reason?: string }) => {
    const id = requiredConnector(named, given);
    const body = { locator: locatorOf(given), reason: given.reason ?? null, ...approvalOf(given) };
    await showFromGateway(shell, given, async (gateway) =>
      changeAnswer(
        "delete",
        id,
        await gateway.post(route`/channels/${id}/messages/delete`, body, MutationAnswer),
      ),
    );
  });
}
