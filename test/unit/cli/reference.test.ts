import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { describedProgram } from "../../../src/cli/described-program.ts";
import { examplesOf } from "../../../src/cli/examples.ts";
import { reference } from "../../../src/cli/reference.ts";
import { errorCatalogue } from "../../../src/contracts/error-catalogue.ts";

const docs = path.resolve(import.meta.dirname, "../../../docs/cli.md");

function commandsOf(command: Command): Command[] {
  return command.commands.flatMap((one) => [one, ...commandsOf(one)]);
}

describe("The reference of the command line", () => {
  it("says what the program says; “node scripts/write-cli-reference.ts” brings it up to date", async () => {
    assert.equal(await readFile(docs, "utf8"), reference(describedProgram()));
  });

  it("has a description and an example of every command, and explains every option", () => {
    for (const command of commandsOf(describedProgram())) {
      assert.notEqual(command.description(), "", command.name());
      for (const option of command.options) assert.notEqual(option.description, "", option.flags);
      if (command.commands.length > 0) continue;
      const examples = examplesOf(command);
      assert.notEqual(examples.length, 0, `${command.parent?.name()} ${command.name()} has no example`);
      for (const example of examples) assert.match(example, /(?:^|\| )palyra /);
    }
  });

  it("gives in each example only options that there are", () => {
    const program = describedProgram();
    for (const command of commandsOf(program)) {
      for (const example of examplesOf(command)) {
        const known = [...command.options, ...program.options].flatMap(({ long, short }) => [long, short]);
        const given = example.match(/(?<= )--?[a-z][a-z-]*/g) ?? [];
        for (const flag of given) assert.ok(known.includes(flag), `${flag} in “${example}”`);
      }
    }
  });

  it("lists every error's exit code", () => {
    const text = reference(describedProgram());
    for (const [code, { exitCode }] of Object.entries(errorCatalogue)) {
      assert.match(text, new RegExp(`\\| ${exitCode} \\|[^\\n]*\`${code}\``));
    }
  });

  it("never takes a secret from an argument", () => {
    for (const command of commandsOf(describedProgram())) {
      for (const { flags } of command.options) {
        assert.doesNotMatch(flags, /--(?:token|credential|password|secret)\s+</, flags);
      }
    }
  });
});
