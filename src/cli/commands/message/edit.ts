import type { Command } from "commander";
import { requiredConnector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { type Shell, showFromGateway } from "../../shell.ts";
import { changeAnswer, MutationAnswer } from "./change-answer.ts";
import { approvalOf, type ChangeFlags, changeCommand, locatorOf } from "./locator-options.ts";

/** Adds `palyra message edit`. */
export function addEdit(message: Command, shell: Shell): void {
  const edit = changeCommand(message, "edit", "change a message of the bot").requiredOption(
    "--text <text>",
    "the new text",
  );
  withExamples(
    edit,
    'palyra message edit discord --conversation-id 1100000000000000001 --message-id 1100000000000000002 --text "Now"',
  );
  edit.action(async (named: string | undefined, given: ChangeFlags & { text: string }) => {
    const id = requiredConnector(named, given);
    const body = { locator: locatorOf(given), body: given.text, ...approvalOf(given) };
    await showFromGateway(shell, given, async (gateway) =>
      changeAnswer(
        "edit",
        id,
        await gateway.post(route`/channels/${id}/messages/edit`, body, MutationAnswer),
      ),
    );
  });
}
