import type { Command } from "commander";
import { requiredConnector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { type Shell, showFromGateway } from "../../shell.ts";
import { changeAnswer, MutationAnswer } from "./change-answer.ts";
import { approvalOf, type ChangeFlags, changeCommand, locatorOf } from "./locator-options.ts";

/** Adds `palyra message react`. */
export function addReact(message: Command, shell: Shell): void {
  const react = changeCommand(message, "react", "put a reaction on a message, or take it away")
    .requiredOption("--emoji <emoji>", "such as 👍, or name:id of an emoji of the server")
    .option("--remove", "take the bot's reaction away");
  withExamples(
    react,
    "palyra message react discord --conversation-id 1100000000000000001 --message-id 1100000000000000002 --emoji 👍",
  );
  react.action(
    async (named: string | undefined, given: ChangeFlags & { emoji: string; remove?: boolean }) => {
      const id = requiredConnector(named, given);
      const step = given.remove ? "react-remove" : "react-add";
      const body = { locator: locatorOf(given), emoji: given.emoji, ...approvalOf(given) };
      await showFromGateway(shell, given, async (gateway) =>
        changeAnswer(
          "react",
          id,
          await gateway.post(route`/channels/${id}/messages/${step}`, body, MutationAnswer),
        ),
      );
    },
  );
}
