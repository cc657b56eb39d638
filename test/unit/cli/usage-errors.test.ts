import assert from "node:assert/strict";
import fc from "fast-check";
import { describedProgram } from "../../../src/cli/described-program.ts";
import { insteadOf } from "../../../src/cli/habits.ts";
import { PalyraError } from "../../../src/platform/errors.ts";

/** What the user reads after typing something wrong. */
async function typed(...args: string[]): Promise<string> {
  try {
    await describedProgram().parseAsync(args, { from: "user" });
  } catch (thrown) {
    if (thrown instanceof PalyraError) return `${thrown.code}: ${thrown.message} ${thrown.nextStep}`;
    throw thrown;
  }
  throw new Error("nothing was wrong");
}

describe("A slip on the command line", () => {
  it("is told with what was probably meant, and with where to look", async () => {
    assert.equal(
      await typed("stauts"),
      "validation_error: Unknown command 'stauts'. Did you mean status? “palyra --help” shows what there is.",
    );
    assert.match(await typed("status", "--jsn"), /Did you mean --json\? “palyra status --help”/);
    assert.match(await typed("channels", "lst"), /Unknown command 'lst'\..*“palyra channels --help”/);
    assert.match(await typed("channels", "help", "lst"), /Unknown command 'lst'/);
    assert.match(await typed("status", "extra"), /Too many arguments/);
    assert.match(await typed("logs", "nobody"), /It must be gateway or browserd\./);
  });

  it("is answered with what to type here, when it is what other programs call it", async () => {
    assert.match(await typed("start"), /Say “palyra up”/);
    assert.match(await typed("secrets", "get", "global", "x"), /not shown.*palyra secrets list/);
    assert.match(await typed("channels", "qr", "discord"), /pairing-code/);
    assert.match(await typed("channels", "list", "--url", "http://127.0.0.1:1"), /found by themselves/);
  });

  it("names only commands and options that there are as what to type instead", () => {
    const known = new Set<string>();
    const visit = (command: ReturnType<typeof describedProgram>, path: string): void => {
      for (const one of command.commands) {
        known.add(`${path} ${one.name()}`);
        visit(one, `${path} ${one.name()}`);
      }
    };
    const program = describedProgram();
    visit(program, "palyra");
    for (const word of ["start", "daemon", "browser", "ps", "log", "login", "add", "events", "kill"]) {
      for (const [, said] of (insteadOf([word]) ?? assert.fail(word)).matchAll(/“(palyra [a-z -]+)”/g)) {
        const parts = (said ?? "").split(" ");
        const isKnown = parts.some((_, at) => at > 0 && known.has(parts.slice(0, at + 1).join(" ")));
        assert.ok(isKnown || said?.includes("--version"), said);
      }
    }
  });

  it("never shows what was given as a secret", async () => {
    // What begins with a dash is an option of its own, and may be one that ends the command.
    const secret = fc.stringMatching(/^\w[\w.=-]{11,39}$/);
    await fc.assert(
      fc.asyncProperty(
        secret,
        fc.constantFrom("--credential", "--token", "--value", "--secret"),
        async (value, option) => {
          const joined = await typed("channels", "add", "discord", `${option}=${value}`);
          const apart = await typed("channels", "add", "discord", option, value);
          const short = await typed("channels", "login", "discord", `-t${value}`);
          for (const text of [joined, apart, short]) assert.ok(!text.includes(value), text);
          assert.match(joined, /A secret is no argument/);
        },
      ),
    );
  });
});
