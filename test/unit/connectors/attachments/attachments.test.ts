import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { AttachmentFolder } from "../../../../src/connectors/attachments/attachment-folder.ts";
import {
  type AttachmentVerdict,
  defaultAttachmentLimits,
  judgeDownload,
  judgeDownloaded,
  judgeUpload,
} from "../../../../src/connectors/attachments/attachment-policy.ts";
import { sniffFile } from "../../../../src/connectors/attachments/sniff-type.ts";

const limits = { ...defaultAttachmentLimits, downloadEnabled: true, uploadEnabled: true };
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const reason = (verdict: AttachmentVerdict): string => (verdict.allowed ? "allowed" : verdict.reason);
const file = (filename: string | null, content_type: string | null, size_bytes: number | null = 10) => ({
  filename,
  content_type,
  size_bytes,
});

describe("A file of a message", () => {
  it("is not fetched unless downloads are switched on, which they are not by default", () => {
    const one = file("a.png", "image/png");
    assert.equal(reason(judgeDownload(one, [one], defaultAttachmentLimits)), "attachment_download_disabled");
    assert.equal(reason(judgeDownload(one, [one], limits)), "allowed");
  });

  it("is not fetched with too many others, or when they are too large together or by itself", () => {
    const one = file("a.png", "image/png");
    assert.equal(reason(judgeDownload(one, Array(5).fill(one), limits)), "attachment_count_exceeded");
    const large = file("a.png", "image/png", 5_000_000);
    assert.equal(reason(judgeDownload(one, [one, large, large], limits)), "attachment_total_bytes_exceeded");
    const huge = file("a.png", "image/png", 6_000_000);
    assert.equal(reason(judgeDownload(huge, [huge], limits)), "attachment_size_exceeded");
  });

  it("is not fetched when it is an SVG or of no known type", () => {
    for (const one of [
      file("diagram.svg", "image/svg+xml"),
      file("diagram.svg", "image/png"),
      file("diagram.png", "image/svg+xml"),
      file("program.exe", "application/octet-stream"),
      file(null, null),
    ]) {
      assert.equal(reason(judgeDownload(one, [one], limits)), "attachment_metadata_type_blocked");
    }
    const text = file("notes.txt", "text/plain; charset=utf-8");
    assert.equal(reason(judgeDownload(text, [text], limits)), "allowed");
  });

  it("is judged by its bytes when they are there", () => {
    assert.equal(reason(judgeDownloaded("image/png", 10, limits)), "allowed");
    assert.equal(reason(judgeDownloaded(null, 10, limits)), "attachment_content_type_blocked");
    assert.equal(reason(judgeDownloaded("image/png", 6_000_000, limits)), "attachment_size_exceeded");
    assert.equal(
      reason(judgeUpload("image/png", 10, [10], defaultAttachmentLimits)),
      "attachment_upload_disabled",
    );
    assert.equal(
      reason(judgeUpload("image/png", 4_194_305, [4_194_305], limits)),
      "attachment_size_exceeded",
    );
  });

  it("is what its bytes are, whatever it is called", () => {
    assert.deepEqual(sniffFile(png), { type: "image/png", width: 1, height: 1 });
    const gif = Buffer.concat([Buffer.from("GIF89a"), Buffer.from([2, 0, 3, 0])]);
    assert.deepEqual(sniffFile(gif), { type: "image/gif", width: 2, height: 3 });
    const jpeg = Buffer.from("ffd8ffe000040000ffc0000b080010002001011100ffd9", "hex");
    assert.deepEqual(sniffFile(jpeg), { type: "image/jpeg", width: 32, height: 16 });
    const webp = Buffer.concat([
      Buffer.from("RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0", "latin1"),
      Buffer.from([0, 0, 0, 0, 99, 0, 0, 49, 0, 0]),
    ]);
    assert.deepEqual(sniffFile(webp), { type: "image/webp", width: 100, height: 50 });
    assert.equal(sniffFile(Buffer.from('{"a": [1]}'))?.type, "application/json");
    assert.equal(sniffFile(Buffer.from("{ no json"))?.type, "text/plain");
    assert.equal(sniffFile(Buffer.from("<?xml?><SVG onload=x>")), null);
    assert.equal(sniffFile(Buffer.from([0xff, 0xfe, 0x00])), null);
    assert.equal(sniffFile(Buffer.from("89504e470d0a1a0a", "hex")), null, "a picture without a size");
  });

  it("of any bytes is looked at without an error", () => {
    const beginnings = [
      png,
      Buffer.from("ffd8ff", "hex"),
      Buffer.from("RIFF0000WEBPVP8L"),
      Buffer.from("GIF89a"),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...beginnings), fc.nat(40), fc.uint8Array(), (begin, cut, rest) => {
        const sniffed = sniffFile(Buffer.concat([begin.subarray(0, cut), rest]));
        assert.ok(sniffed === null || sniffed.width === null || sniffed.width > 0);
      }),
    );
  });
});

describe("The folder of files", () => {
  let folder: string;
  const now = Date.now();
  /** Longer than a file is safe because a turn may be using it. */
  const turnMs = 200_000;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "palyra-files-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("gives back what was kept, and nothing by a name that is no digest", async () => {
    const kept = await AttachmentFolder.open(folder, { limits: () => limits }, now);
    const digest = await kept.put(png, now);
    assert.deepEqual(await kept.get(digest), png);
    for (const name of ["../secret", "", "a".repeat(64), `${digest}/..`]) {
      assert.equal(await kept.get(name), null);
    }
    assert.equal((await stat(path.join(folder, digest))).mode & 0o777, 0o600);
  });

  it("never holds more than its limits: the oldest go first, also after a restart", async () => {
    const small = { storeMaxBytes: 100, storeMaxFiles: 2, retentionMs: 10 * turnMs };
    const kept = await AttachmentFolder.open(folder, { limits: () => small }, now);
    const first = await kept.put(Buffer.from("first"), now);
    await kept.put(Buffer.from("second"), now + turnMs);
    await kept.put(Buffer.from("third"), now + 2 * turnMs);
    assert.equal(await kept.get(first), null);
    await kept.put(Buffer.alloc(97, "x"), now + 4 * turnMs);
    assert.deepEqual(kept.usage, { files: 1, bytes: 97 });
    assert.equal((await readdir(folder)).length, 1);
    const again = await AttachmentFolder.open(folder, { limits: () => small }, now + 20 * turnMs);
    assert.deepEqual(again.usage, { files: 0, bytes: 0 });
  });

  it("does not give out a file that was changed behind its back", async () => {
    const kept = await AttachmentFolder.open(folder, { limits: () => limits }, now);
    const digest = await kept.put(Buffer.from("original"), now);
    await writeFile(path.join(folder, digest), "replaced");
    assert.equal(await kept.get(digest), null);
  });

  it("never lets go of a file that a message still has to take along, nor of one that was just put there", async () => {
    const tight = { storeMaxBytes: 10, storeMaxFiles: 10, retentionMs: turnMs };
    const held = new Set<string>();
    const options = { limits: () => tight, held: async () => held };
    const kept = await AttachmentFolder.open(folder, options, now);
    const waiting = await kept.put(Buffer.from("waiting"), now);
    held.add(waiting);
    await assert.rejects(kept.put(Buffer.from("other"), now + 3 * turnMs), { code: "payload_too_large" });
    const again = await AttachmentFolder.open(folder, options, now + 9 * turnMs);
    assert.deepEqual(await again.get(waiting), Buffer.from("waiting"));
    held.clear();
    const fresh = await again.put(Buffer.from("fresh"), now + 9 * turnMs);
    assert.equal(await again.get(waiting), null);
    await assert.rejects(again.put(Buffer.from("other!"), now + 9 * turnMs), { code: "payload_too_large" });
    assert.deepEqual(await again.get(fresh), Buffer.from("fresh"));
  });

  it("is rid of half-written files when it is opened, and of nothing that is not its own", async () => {
    const draft = `${"a".repeat(64)}.0123456789ab.tmp`;
    await writeFile(path.join(folder, draft), "half");
    await writeFile(path.join(folder, "mine.tmp"), "somebody's");
    await AttachmentFolder.open(folder, { limits: () => limits }, now);
    assert.deepEqual(await readdir(folder), ["mine.tmp"]);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });
});
