import type { Command } from "commander";
import { ChannelActionResponse, LogsResponse } from "../../../contracts/http-channels.ts";
import { PalyraError } from "../../../platform/errors.ts";
import { requiredConnector, type SelectorFlags, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { route } from "../../gateway-client.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { actionAnswer } from "./action-answer.ts";
import { deadLetterRecords, deadLetterTable } from "./dead-letter-table.ts";

type Flags = SelectorFlags & { start?: boolean };

const steps = [
  ["dead-letter-replay", "replay", "send a dead letter again"],
  ["dead-letter-discard", "discard", "let a dead letter go"],
] as const;

/** Adds `palyra channels dead-letters`, `dead-letter-replay` and `dead-letter-discard`. */
export function addDeadLetters(channels: Command, shell: Shell): void {
  const list = needsGateway(
    withSelector(channels.command("dead-letters").description("show messages that could not be delivered")),
  );
  withExamples(list, "palyra channels dead-letters discord");
  list.action(async (named: string | undefined, given: Flags) => {
    const id = requiredConnector(named, given);
    await showFromGateway(shell, given, async (gateway) => {
      const answer = await gateway.get(`${route`/channels/${id}/logs`}?limit=500`, LogsResponse);
      const letters = answer.dead_letters;
      return {
        data: { dead_letters: letters },
        records: [
          record("channels.dead_letters", { id, count: letters.length }),
          ...deadLetterRecords(letters),
        ],
        lines: (paint, _now, width) =>
          letters.length === 0 ? ["Every message was delivered."] : deadLetterTable(letters, paint, width),
      };
    });
  });
  for (const [name, step, what] of steps) {
    const command = needsGateway(withSelector(channels.command(name).description(what))).argument(
      "[id]",
      "number of the letter, as “palyra channels dead-letters” shows it",
    );
    withExamples(command, `palyra channels ${name} discord 42`);
    command.action(async (first: string | undefined, second: string | undefined, given: Flags) => {
      const { connector, letter } = named(first, second, given);
      const path = route`/channels/${connector}/operations/dead-letters/${letter}/${step}`;
      await showFromGateway(shell, given, async (gateway) =>
        actionAnswer(await gateway.post(path, {}, ChannelActionResponse)),
      );
    });
  }
}

/** With `--provider` the one argument is the letter. */
function named(
  first: string | undefined,
  second: string | undefined,
  flags: SelectorFlags,
): { connector: string; letter: number } {
  const [connector, letter] =
    second === undefined && flags.provider !== undefined ? [undefined, first] : [first, second];
  const number = Number(letter);
  if (letter !== undefined && Number.isSafeInteger(number) && number > 0) {
    return { connector: requiredConnector(connector, flags), letter: number };
  }
  throw new PalyraError("validation_error", "The number of the letter is missing or not a whole number.", {
    nextStep: "Look at “palyra channels dead-letters” for the numbers.",
  });
}
