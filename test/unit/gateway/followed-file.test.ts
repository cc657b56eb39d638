import assert from "node:assert/strict";
import type { watch } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { FollowedFile } from "../../../src/gateway/followed-file.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

describe("A configuration file that is followed", () => {
  let folder: string;
  let file: string;
  let text: string | null;
  let warnings: string[];
  let followed: FollowedFile | null;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "palyra-followed-"));
    file = path.join(folder, "palyra.toml");
    text = null;
    warnings = [];
    followed = null;
  });
  afterEach(async () => {
    followed?.close();
    await rm(folder, { recursive: true });
  });

  const open = async (watchFolder?: typeof watch): Promise<void> => {
    const silent = (): void => undefined;
    const log = {
      debug: silent,
      info: silent,
      warn: (message: string) => warnings.push(message),
      error: silent,
    };
    const read = async (): Promise<void> => {
      text = await readFile(file, "utf8").catch(() => null);
    };
    followed = new FollowedFile(file, log, read, watchFolder);
    await followed.open();
  };
  const isRead = (wanted: string): Promise<unknown> =>
    waitUntil(`“${wanted}” to be read`, () => text === wanted);
  /** A file somewhere else, with a link to it in the place of the followed one. */
  const linkTo = async (name: string, content: string): Promise<string> => {
    const target = path.join(folder, name, "mine.toml");
    await mkdir(path.dirname(target));
    await writeFile(target, content);
    await symlink(target, `${file}.new`);
    await rename(`${file}.new`, file);
    return target;
  };

  it("may become a link, and then lead elsewhere: what it leads to is followed", async () => {
    await writeFile(file, "plain");
    await open();
    const first = await linkTo("dotfiles", "linked");
    await isRead("linked");
    await writeFile(first, "changed behind the link");
    await isRead("changed behind the link");
    const second = await linkTo("elsewhere", "led elsewhere");
    await isRead("led elsewhere");
    await writeFile(second, "changed there");
    await isRead("changed there");
    await rm(path.dirname(second), { recursive: true });
    await waitUntil("the file to be missed", () => text === null);
    await mkdir(path.dirname(second));
    await writeFile(second, "there again");
    await isRead("there again");
  });

  it("is still read when the system watches no more files, and that is told", async () => {
    await writeFile(file, "first");
    await open(() => {
      throw Object.assign(new Error("System limit for number of file watchers reached"), { code: "ENOSPC" });
    });
    assert.equal(text, "first");
    assert.equal(warnings.length, 1);
    await writeFile(file, "second");
    await isRead("second");
  });
});
