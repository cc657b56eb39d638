import assert from "node:assert/strict";
import fc from "fast-check";
import { record, renderRecord } from "../../../src/cli/output/record.ts";

/** Reads a record back, as a program would. */
function valuesOf(line: string): Record<string, string> {
  const pairs = line.matchAll(/ ([a-z_]+)=("(?:[^"\\]|\\.)*"|\S+)/g);
  return Object.fromEntries(
    [...pairs].map(([, key = "", value = ""]) => [
      key,
      value.startsWith('"') ? (JSON.parse(value) as string) : value,
    ]),
  );
}

describe("Records for programs", () => {
  it("are one line each, with none for what is not known", () => {
    const values = {
      id: "discord:ops",
      paused: false,
      reason: null,
      list: ["a", "b"],
      empty: [],
      left: undefined,
    };
    assert.equal(
      renderRecord(record("channels.status", values)),
      "channels.status id=discord:ops paused=false reason=none list=a,b empty=none",
    );
  });

  it("read back as the same text, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (one, two) => {
        const line = renderRecord(record("a.b", { one, two }));
        assert.equal(line.split("\n").length, 1);
        assert.deepEqual(valuesOf(line), { one, two });
      }),
    );
  });

  it("tell the text “none” from nothing", () => {
    assert.equal(renderRecord(record("a", { text: "none", gone: null })), 'a text="none" gone=none');
  });
});
