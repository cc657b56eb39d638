import assert from "node:assert/strict";
import fc from "fast-check";
import { safeFilename } from "../../../../src/connectors/attachments/safe-filename.ts";

describe("The name of a file that is sent", () => {
  it("has only plain characters, and is never empty", () => {
    assert.equal(safeFilename("../../etc/pass wd.txt"), "_.._etc_pass_wd.txt");
    assert.equal(safeFilename("...hidden..."), "hidden");
    assert.equal(safeFilename("..."), "file");
    assert.equal(safeFilename(""), "file");
  });

  it("that is too long keeps its extension", () => {
    assert.equal(safeFilename(`${"x".repeat(200)}.png`), `${"x".repeat(124)}.png`);
    assert.equal(safeFilename(`${"x".repeat(127)}.`.padEnd(300, "y")), "x".repeat(127));
  });

  it("has no dot at an end and at most 128 characters, whatever it was", () => {
    const piece = fc.constantFrom(".", "..", "a", "Ünï", "/", "x".repeat(60), ".png", "😀");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const name = safeFilename(pieces.join(""));
        assert.match(name, /^(?!\.)[A-Za-z0-9._-]{1,128}$/);
        assert.doesNotMatch(name, /\.$/);
      }),
    );
  });
});
