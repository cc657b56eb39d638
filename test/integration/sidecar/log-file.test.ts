import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { Redactor } from "../../../src/platform/redactor.ts";
import { RotatingFile, type RotatingFileEvents } from "../../../src/sidecar/log/rotating-file.ts";
import { type PublishedLine, SidecarLog } from "../../../src/sidecar/log/sidecar-log.ts";
import { newStateRoot } from "../../support/sidecar/sidecar-process.ts";

describe("A log file", () => {
  let root = "";
  let remove: () => Promise<void> = async () => undefined;
  const lost: number[] = [];
  const mended: number[] = [];
  const events: RotatingFileEvents = {
    lost: (_, lines) => lost.push(lines),
    mended: (lines) => mended.push(lines),
  };
  beforeEach(async () => {
    ({ root, remove } = await newStateRoot());
    lost.length = 0;
    mended.length = 0;
  });
  afterEach(() => remove());
  const open = (name: string, limits?: { maxBytes: number; keptFiles: number }): RotatingFile =>
    new RotatingFile(path.join(root, name), events, limits);

  it("is capped in size and number, and loses no newer line", async () => {
    const file = open("x.log", { maxBytes: 100, keptFiles: 2 });
    for (let line = 0; line < 50; line += 1) {
      file.write(`line ${String(line).padStart(3, "0")}\n`);
      file.flush();
    }
    file.close();
    assert.deepEqual((await readdir(root)).sort(), ["x.log", "x.log.1", "x.log.2"]);
    const texts = await Promise.all(
      ["x.log.2", "x.log.1", "x.log"].map((name) => readFile(path.join(root, name), "utf8")),
    );
    for (const text of texts) assert.ok(text.length <= 100);
    const lines = texts.join("").trim().split("\n");
    assert.equal(lines.at(-1), "line 049");
    assert.deepEqual(lines, [...lines].sort());
    assert.equal((await stat(path.join(root, "x.log"))).mode & 0o777, 0o600);
  });

  it("that cannot be written counts what is lost, says so, and is written again when it can be", async () => {
    const file = open("missing/x.log");
    for (const lines of [2, 3]) {
      for (let line = 0; line < lines; line += 1) file.write("lost\n");
      file.flush();
    }
    assert.deepEqual(lost, [2, 3]);
    assert.deepEqual(mended, []);
    await mkdir(path.join(root, "missing"));
    file.write("kept\n");
    file.close();
    assert.deepEqual(mended, [5]);
    assert.equal(await readFile(path.join(root, "missing", "x.log"), "utf8"), "kept\n");
  });

  if (process.platform !== "win32") {
    it("in whose place a pipe stands counts what is lost and holds nobody up", () => {
      execFileSync("/usr/bin/env", ["mkfifo", path.join(root, "x.log")]);
      const file = open("x.log");
      file.write("lost\n");
      file.close();
      assert.deepEqual(lost, [1]);
    });
  }

  it("and its readers get no secret, neither known nor by its form", async () => {
    const redactor = new Redactor();
    redactor.add("exact-live-value");
    const lines: PublishedLine[] = [];
    const file = open("x.log");
    const log = new SidecarLog({ file, redactor, level: "info", service: "palyrad" });
    log.publishTo((line) => lines.push(line));
    log.info("calling", {
      url: "http://u:pw@host/",
      header: "Bearer abcDEF123456789",
      it: "exact-live-value",
    });
    log.debug("not at this level");
    log.flush();
    const text = (await readFile(path.join(root, "x.log"), "utf8")) + JSON.stringify(lines);
    for (const secret of ["exact-live-value", "abcDEF123456789", "u:pw@"]) assert.ok(!text.includes(secret));
    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.level, "info");
  });
});
