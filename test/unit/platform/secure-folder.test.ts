import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { ensurePrivateFolder } from "../../../src/platform/secure-folder.ts";

describe("A folder that only its owner may enter", () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(path.join(os.tmpdir(), "palyra-folder-"));
  });
  afterEach(() => rm(parent, { recursive: true }));

  it("is made with all its parents, and closed to others", async () => {
    const folder = path.join(parent, "a", "b");
    await ensurePrivateFolder(folder);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  it("that cannot be made, because a file is in the way, is named with a next step", async () => {
    const file = path.join(parent, "file");
    await writeFile(file, "");
    for (const folder of [file, path.join(file, "below")]) {
      await assert.rejects(ensurePrivateFolder(folder), {
        code: "config_invalid",
        message: new RegExp(folder),
        nextStep: /state folder|this path/,
      });
    }
  });
});
