import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { timelineByteLimit, timelineWindow } from "../../../src/contracts/timeline.ts";
import { Redactor } from "../../../src/platform/redactor.ts";
import { followTimeline, readTimeline } from "../../../src/supervisor/timeline/read-timeline.ts";
import { Timeline } from "../../../src/supervisor/timeline/timeline.ts";
import type { NewEvent } from "../../../src/supervisor/timeline/timeline-record.ts";
import { segmentByteLimit } from "../../../src/supervisor/timeline/timeline-segments.ts";

const day = 24 * 60 * 60 * 1000;
const everything = { sinceMs: 0, service: null, level: "info" } as const;

describe("The timeline of a state root", () => {
  let folder: string;
  let now: number;
  const redactor = new Redactor();
  const faults: (string | null)[] = [];
  const opened: Timeline[] = [];
  beforeEach(async () => {
    folder = path.join(await mkdtemp(path.join(os.tmpdir(), "palyra-timeline-")), "timeline");
    now = Date.now();
    faults.length = 0;
  });
  afterEach(async () => {
    for (const timeline of opened.splice(0)) timeline.close();
    await rm(path.dirname(folder), { recursive: true, force: true });
  });

  async function open(): Promise<Timeline> {
    const fault = (problem: Error | null): unknown => faults.push(problem?.message ?? null);
    const timeline = await Timeline.open({ folder, redactor, clock: { now: () => now }, fault });
    opened.push(timeline);
    return timeline;
  }

  const event = (message: string, more: Partial<NewEvent> = {}): NewEvent => ({
    unix_ms: now,
    service: "gateway",
    subject: null,
    kind: "service.ready",
    level: "info",
    message,
    details: {},
    ...more,
  });
  const files = async (): Promise<string[]> => (await readdir(folder)).sort();
  const newest = async (): Promise<string> => path.join(folder, (await files()).at(-1) ?? "none");
  const messages = async (query: Partial<Parameters<typeof readTimeline>[1]> = {}): Promise<string[]> =>
    (await readTimeline(folder, { ...everything, ...query })).map(({ message }) => message);

  it("has each event as soon as it is recorded, and goes on with it under the next owner", async () => {
    const first = await open();
    first.record([event("one"), event("two")]);
    assert.deepEqual(await messages(), ["one", "two"]);
    first.close();
    const second = await open();
    second.record([event("three")]);
    const read = await readTimeline(folder, everything);
    assert.deepEqual(
      read.map(({ seq, message }) => [seq, message]),
      [
        [1, "one"],
        [2, "two"],
        [3, "three"],
      ],
    );
    assert.deepEqual(
      second.recent.map(({ message }) => message),
      ["three", "two", "one"],
    );
    assert.equal((await files()).length, 1, "a short file is gone on with");
  });

  it("may be read by its owner only", async () => {
    (await open()).record([event("one")]);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.equal((await stat(await newest())).mode & 0o777, 0o600);
  });

  it("loses nothing but the line that a crash cut off", async () => {
    (await open()).record([event("one"), event("two")]);
    await appendFile(await newest(), '{"seq":3,"unix_ms":17');
    (await open()).record([event("three")]);
    assert.deepEqual(await messages(), ["one", "two", "three"]);
  });

  it("passes over what is no event, as a foreign line or a folder in place of a file", async () => {
    (await open()).record([event("one")]);
    await appendFile(await newest(), "not JSON\n[]\n");
    await writeFile(path.join(folder, "note.txt"), "mine");
    assert.deepEqual(await messages(), ["one"]);
  });

  it("holds no secret that is live, and no text without end", async () => {
    const secret = "a-very-secret-value-0123456789";
    redactor.add(secret);
    const details = { token: secret, long: "x".repeat(10_000) };
    (await open()).record([event(`it is ${secret}${"y".repeat(10_000)}`, { subject: secret, details })]);
    const text = await readFile(await newest(), "utf8");
    assert.ok(!text.includes(secret));
    assert.ok(text.length < 2_000, `${text.length} characters`);
  });

  it("never takes more than its bytes, and keeps the newest", async () => {
    const timeline = await open();
    const details = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`d${index}`, "z".repeat(190)]),
    );
    const perBatch = 100;
    const batches = Math.ceil((timelineByteLimit * 1.3) / (perBatch * 2_500));
    for (let batch = 0; batch < batches; batch += 1) {
      timeline.record(Array.from({ length: perBatch }, () => event(`batch ${batch}`, { details })));
    }
    const sizes = await Promise.all(
      (await files()).map(async (name) => (await stat(path.join(folder, name))).size),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(total <= timelineByteLimit, `${total} bytes`);
    assert.ok(total > timelineByteLimit - 2 * segmentByteLimit, `only ${total} bytes are kept`);
    assert.equal((await messages()).at(-1), `batch ${batches - 1}`);
    assert.equal(timeline.recent.length, timelineWindow);
  }).timeout(20_000);

  it("keeps to its bytes, and can be read, also when many large events come at once", async () => {
    const odd = "\u0001".repeat(200);
    const details = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`${index}${odd}`, odd]));
    const timeline = await open();
    timeline.record(Array.from({ length: 450 }, (_, index) => event(`number ${index}`, { details })));
    timeline.close();
    const sizes = await Promise.all(
      (await files()).map(async (name) => (await stat(path.join(folder, name))).size),
    );
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= timelineByteLimit);
    assert.equal((await readTimeline(folder, everything)).at(-1)?.message, "number 449");
    assert.equal((await open()).recent[0]?.message, "number 449");
  });

  it("forgets after seven days and not before", async () => {
    const first = await open();
    first.record([event("old")]);
    first.close();
    const file = await newest();
    now += 6 * day;
    (await open()).record([event("six days later")]);
    assert.deepEqual(await messages(), ["old", "six days later"]);
    await utimes(file, new Date(now - 8 * day), new Date(now - 8 * day));
    (await open()).record([event("at last")]);
    assert.deepEqual(await messages(), ["six days later", "at last"]);
  });

  it("remembers the place in the gateway's log with the event itself", async () => {
    const first = await open();
    first.record([{ ...event("from the gateway"), cursor: { event_id: 7, unix_ms: 70 } }, event("own")]);
    assert.deepEqual((await open()).cursor, { event_id: 7, unix_ms: 70 });
  });

  it("remembers that place also when a new file was begun since", async () => {
    const first = await open();
    first.record([{ ...event("from the gateway"), cursor: { event_id: 7, unix_ms: 70 } }]);
    now += 2 * day;
    first.record([event("own")]);
    const [oldest] = await files();
    await rm(path.join(folder, oldest ?? "none"));
    assert.deepEqual((await open()).cursor, { event_id: 7, unix_ms: 70 });
  });

  it("waits for a disk that takes nothing, says so once, and loses nothing", async () => {
    const timeline = await open();
    await rm(folder, { recursive: true });
    await writeFile(folder, "a file in the way");
    timeline.record([event("one")]);
    timeline.record([event("two")]);
    assert.equal(faults.length, 1);
    await rm(folder);
    const second = await open();
    timeline.record([event("three")]);
    assert.deepEqual(await messages(), ["one", "two", "three"]);
    assert.deepEqual(faults.slice(1), [null]);
    second.close();
  });

  it("is read by time, service and level, while its owner writes", async () => {
    const timeline = await open();
    timeline.record([
      event("early", { unix_ms: now - 60_000 }),
      event("browser", { service: "browserd", level: "warn" }),
      event("gateway", { level: "error" }),
    ]);
    assert.deepEqual(await messages({ sinceMs: now - 1_000 }), ["browser", "gateway"]);
    assert.deepEqual(await messages({ service: "browserd" }), ["browser"]);
    assert.deepEqual(await messages({ level: "warn" }), ["browser", "gateway"]);
    assert.deepEqual(await readTimeline(path.join(folder, "nowhere"), everything), []);
  });

  it("is followed event by event, each once", async () => {
    const timeline = await open();
    timeline.record([event("known")]);
    const end = new AbortController();
    const seen: string[] = [];
    const arrived = new Promise<void>((resolve) => {
      void followTimeline(folder, everything, 1, {
        signal: end.signal,
        onEvents: (events) => {
          seen.push(...events.map(({ message }) => message));
          if (seen.length >= 2) resolve();
        },
      });
    });
    timeline.record([event("one")]);
    timeline.record([event("two")]);
    await arrived;
    end.abort();
    assert.deepEqual(seen, ["one", "two"]);
  });

  if (process.platform !== "win32") {
    it("waits for no pipe in the place of its file, writes through no link, and says which is there", async () => {
      const name = path.join(folder, "events-000000000001.jsonl");
      const elsewhere = path.join(path.dirname(folder), "elsewhere");
      await mkdir(folder, { mode: 0o700 });
      await writeFile(elsewhere, "not ours");
      execFileSync("/usr/bin/env", ["mkfifo", name]);
      const timeline = await open();
      timeline.record([event("kept back")]);
      await rm(name);
      await symlink(elsewhere, name);
      timeline.record([event("kept back, too")]);
      assert.equal(await readFile(elsewhere, "utf8"), "not ours");
      await rm(name);
      timeline.record([event("written")]);
      assert.deepEqual(await messages(), ["kept back", "kept back, too", "written"]);
      assert.equal(faults.length, 2);
      assert.match(faults[0] ?? "", /events-000000000001\.jsonl cannot be written: there is a pipe/);
      assert.equal(faults[1], null);
    });
  }
});
