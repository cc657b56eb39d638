import assert from "node:assert/strict";
import type { Command } from "commander";
import { describedProgram } from "../../../src/cli/described-program.ts";
import { commandAnswers } from "../../../src/contracts/command-answers.ts";

/** Commands that do something, by their names: all but groups, and groups that show something themselves. */
function actingCommands(command: Command, path: readonly string[]): string[] {
  return command.commands.flatMap((one) => {
    const here = [...path, one.name()];
    const acts = one.commands.length === 0 || one.name() === "approvals";
    return [...(acts ? [here.join(" ")] : []), ...actingCommands(one, here)];
  });
}

describe("The contracts of --json", () => {
  it("say for every command what it prints, and for no other", () => {
    assert.deepEqual(Object.keys(commandAnswers).sort(), actingCommands(describedProgram(), []).sort());
  });
});
