import assert from "node:assert/strict";
import fc from "fast-check";
import {
  catalogHash,
  commandCatalog,
  commandNames,
} from "../../../../src/connectors/commands/command-spec.ts";
import { parseCommand } from "../../../../src/connectors/commands/parse-command.ts";
import { argumentsFromObject } from "../../../../src/connectors/commands/read-arguments.ts";

const all = commandCatalog(commandNames);
const values = (text: string): unknown => {
  const parsed = parseCommand(text, all);
  assert.ok(parsed?.kind === "command", JSON.stringify(parsed));
  return parsed.values;
};
const code = (text: string): string | null => {
  const parsed = parseCommand(text, all);
  return parsed?.kind === "fault" ? parsed.code : null;
};

describe("A text command", () => {
  it("is recognised by its prefix in any case, and nothing else is one", () => {
    for (const text of [
      "/palyra status",
      "!palyra status",
      "  /Palyra STATUS ",
      "/palyra",
      "/palyra\nstatus",
    ]) {
      assert.notEqual(parseCommand(text, all), null, text);
    }
    for (const text of ["/palyrastatus", "palyra status", "say /palyra status", "//palyra status", ""]) {
      assert.equal(parseCommand(text, all), null, text);
    }
  });

  it("takes arguments by name and in order, and the rest as its reason", () => {
    assert.deepEqual(values("/palyra approve approval_id=01ARZ3 decision=allow looks fine"), {
      approval_id: "01ARZ3",
      decision: "allow",
      reason: "looks fine",
    });
    assert.deepEqual(values("/palyra APPROVAL 01ARZ3 DENY"), { approval_id: "01ARZ3", decision: "deny" });
  });

  it("takes booleans and a reason by name, and keeps a text with “=” that is no argument", () => {
    assert.deepEqual(values("/palyra reset confirm=yes"), { confirm: true });
    assert.deepEqual(values('/palyra stop reason="far too long"'), { reason: "far too long" });
    assert.deepEqual(values("/palyra stop because a=b"), { reason: "because a=b" });
    assert.deepEqual(values("/palyra status 'session_id=quoted'"), { session_id: "session_id=quoted" });
  });

  it("is carried out whatever apostrophes its reason has", () => {
    for (const reason of ["I don't want it", "don't, it can't", "c'est l'été"]) {
      assert.deepEqual(values(`/palyra stop ${reason}`), { reason });
    }
    assert.deepEqual(values("/palyra stop reason='far too long'"), { reason: "far too long" });
    assert.deepEqual(values("/palyra stop \"I don't\" 'want it'"), { reason: "I don't want it" });
  });

  it("that is not understood says why with a code of its own", () => {
    assert.equal(code("/palyra missing"), "channel_command/unknown");
    assert.equal(code("/palyra"), "channel_command/missing_command");
    assert.equal(code('/palyra stop "open'), "channel_command/malformed_text");
    assert.equal(code("/palyra approve 01ARZ3"), "channel_command/invalid_arguments");
    assert.equal(code("/palyra approve 01ARZ3 maybe"), "channel_command/invalid_arguments");
    assert.equal(code("/palyra reset confirm=perhaps"), "channel_command/invalid_arguments");
    assert.equal(code("/palyra whoami me"), "channel_command/invalid_arguments");
    assert.equal(code(`/palyra stop run ${"x".repeat(8_193)}`), "channel_command/invalid_arguments");
  });

  it("of any text is a command, a fault with a code, or no command, and never breaks", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseCommand(`/palyra ${text}`, all);
        assert.ok(parsed?.kind === "command" || parsed?.code.startsWith("channel_command/"));
      }),
    );
  });

  it("has numbers and times in the forms people write", () => {
    const number = { name: "n", kind: "int", required: true, values: [], description: "n" } as const;
    const time = { ...number, kind: "duration" } as const;
    const read = (argument: typeof number | typeof time, given: unknown): unknown => {
      const result = argumentsFromObject({ n: given }, [argument]);
      return result.ok ? result.values.n : result.message;
    };
    assert.deepEqual([read(number, "42"), read(number, 42), read(number, "-7")], [42, 42, -7]);
    assert.equal(read(number, "4.2"), "n must be a whole number");
    assert.deepEqual(
      [read(time, "250"), read(time, "30s"), read(time, "5m"), read(time, "2H")],
      [250, 30_000, 300_000, 7_200_000],
    );
    assert.equal(read(time, "soon"), "n must be a time such as 30s, 5m or 1h");
    assert.equal(read(number, null), "n is missing");
  });
});

describe("The catalogue of commands", () => {
  it("has only what can be carried out, and its hash changes with it", () => {
    const some = commandCatalog(["status", "whoami"]);
    assert.deepEqual(
      some.map((spec) => spec.name),
      ["status", "whoami"],
    );
    assert.equal(parseCommand("/palyra compact", some)?.kind, "fault");
    assert.notEqual(catalogHash(some), catalogHash(all));
    assert.equal(catalogHash(some), catalogHash(commandCatalog(["whoami", "status"])));
  });
});
