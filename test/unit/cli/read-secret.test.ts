import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { readSecret, readSecretFile } from "../../../src/cli/read-secret.ts";
import type { Terminal } from "../../../src/cli/terminal.ts";

describe("A secret that is piped in, or in a file", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "palyra-secret-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Reads it both ways. */
  async function read(content: string | Buffer): Promise<string> {
    const file = path.join(folder, "secret");
    await writeFile(file, content);
    const stdin = new PassThrough();
    stdin.end(content);
    const terminal = { stdin: stdin as unknown as Terminal["stdin"], stderr: process.stderr, env: {} };
    const [piped, kept] = await Promise.allSettled([
      readSecret(terminal as unknown as Terminal, ""),
      readSecretFile(file),
    ]);
    if (piped.status === "rejected") {
      assert.equal(kept.status, "rejected");
      throw piped.reason;
    }
    assert.deepEqual(kept, piped);
    return piped.value;
  }

  it("is taken without its last line break and without the mark that some editors begin a text with", async () => {
    for (const content of ["a secret\n", "a secret\r\n", "\uFEFFa secret\r\n", "a secret"]) {
      assert.equal(await read(content), "a secret");
    }
    assert.equal(await read(" two\nlines \n"), " two\nlines ");
  });

  it("is refused when nothing is left of it, or when it is no text or no file", async () => {
    for (const content of ["", "\n", "\uFEFF\n", " \n"]) {
      await assert.rejects(read(content), { code: "validation_error" });
    }
    await assert.rejects(readSecretFile(folder), {
      code: "validation_error",
      message: `${folder} is a folder.`,
      nextStep: "Name a file in it.",
    });
    await assert.rejects(readSecretFile(path.join(folder, "none")), { code: "not_found" });
    await assert.rejects(read(Buffer.from([0xff, 0xfe, 0x61, 0x00])), {
      message: "The secret is not text in UTF-8.",
    });
  });
});
