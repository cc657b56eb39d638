import assert from "node:assert/strict";
import type { lookup } from "node:dns";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { APIMessage } from "discord-api-types/v10";
import { AttachmentFolder } from "../../../../src/connectors/attachments/attachment-folder.ts";
import {
  type AttachmentLimits,
  defaultAttachmentLimits,
} from "../../../../src/connectors/attachments/attachment-policy.ts";
import { fetchAttachments } from "../../../../src/connectors/discord/attachments/fetch-attachments.ts";
import type { DiscordAdapter } from "../../../../src/connectors/discord/discord-adapter.ts";
import { until } from "../../simulator/until.ts";
import { AdapterScene, RecordingHost, replyTo } from "./adapter-scene.ts";

describe("Files on Discord", () => {
  let scene: AdapterScene;
  let folder: string;
  let files: AttachmentFolder;
  beforeEach(async () => {
    scene = await AdapterScene.open();
    folder = await mkdtemp(path.join(tmpdir(), "palyra-files-"));
    files = await AttachmentFolder.open(folder, { limits: () => defaultAttachmentLimits }, Date.now());
  });
  afterEach(async () => {
    await scene.close();
    await rm(folder, { recursive: true, force: true });
  });

  const connect = async (change: Partial<AttachmentLimits> = {}) => {
    const on = { downloadEnabled: true, uploadEnabled: true };
    const limits = { ...defaultAttachmentLimits, ...on, ...change };
    const host = new RecordingHost(scene.simulator.lab.bot.token);
    return await scene.connect(host, { attachments: { limits, folder: files } });
  };
  const receive = async (
    { adapter, host }: { adapter: DiscordAdapter; host: RecordingHost },
    file: { filename: string; contentType: string; bytes: Uint8Array },
  ) => {
    scene.simulator.people.write("ada", "general", "@palyra look", { attachments: [file] });
    const event = await until(() => host.events.at(-1));
    const attachmentId = event.attachments[0]?.attachment_id ?? "";
    const { conversation_id: conversationId, provider_message_id: messageId } = event;
    const wanted = { conversationId, messageId, attachmentIds: [attachmentId] };
    const fetch = async () => (await adapter.fetchAttachments(wanted)).get(attachmentId);
    return { event, fetch };
  };

  it("come as facts only, and are fetched when they are asked for", async () => {
    const account = await connect();
    const bytes = Buffer.from("some notes");
    const { event, fetch } = await receive(account, { filename: "n.txt", contentType: "text/plain", bytes });
    assert.deepEqual(
      event.attachments.map(({ kind, filename, size_bytes }) => [kind, filename, size_bytes]),
      [["file", "n.txt", bytes.byteLength]],
    );
    assert.equal(files.usage.files, 0);
    const result = await fetch();
    assert.ok(result?.kind === "kept");
    assert.equal(result.file.type, "text/plain");
    assert.deepEqual(await files.get(result.file.digest), bytes);
  });

  it("that are something else than they say are not kept", async () => {
    const account = await connect();
    const bytes = Buffer.from("<svg onload='x'></svg>");
    const { fetch } = await receive(account, { filename: "p.png", contentType: "image/png", bytes });
    const result = await fetch();
    assert.equal(result?.kind === "refused" && result.verdict.reason, "attachment_content_type_blocked");
    assert.equal(files.usage.files, 0);
  });

  it("that are too large are not fetched to the end", async () => {
    const account = await connect({ maxDownloadBytes: 16 });
    const bytes = Buffer.alloc(32, "x");
    const { fetch } = await receive(account, { filename: "n.txt", contentType: "text/plain", bytes });
    const result = await fetch();
    assert.equal(result?.kind === "refused" && result.verdict.reason, "attachment_size_exceeded");
  });

  it("are not fetched when the public name of their server leads into the private network", async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.end("some notes");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const here = ((_name: string, _options: object, callback: (error: null, list: object[]) => void) =>
      callback(null, [{ address: "127.0.0.1", family: 4 }])) as unknown as typeof lookup;
    const fetchFrom = async (host: string) => {
      const file = { kind: "file" as const, attachment_id: "1", filename: "n.txt", size_bytes: 10 };
      const url = `http://${host}:${port}/n.txt`;
      const source = {
        message: async () => ({}) as APIMessage,
        attachmentsOf: () => [{ ...file, url, content_type: "text/plain" }],
        apiBase: new URL(`http://${host}:${port}/api`),
        lookup: here,
      };
      const wanted = {
        conversationId: "discord:channel:1573888945341595654",
        messageId: "1573888945341595655",
        attachmentIds: ["1"],
      };
      const limits = { ...defaultAttachmentLimits, downloadEnabled: true };
      return (await fetchAttachments(source, wanted, { limits, folder: files })).get("1");
    };
    try {
      const refused = await fetchFrom("chat.example");
      assert.ok(refused?.kind === "unreachable");
      assert.match(refused.detail, /chat\.example leads to 127\.0\.0\.1, which is no public address/);
      assert.equal(asked, 0);
      assert.equal((await fetchFrom("chat.lan"))?.kind, "kept");
      assert.equal(asked, 1);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("are not fetched where there is no place for them, nor from a message that is none of Discord's", async () => {
    const off = await scene.connect();
    const bytes = Buffer.from("x");
    const { event, fetch } = await receive(off, { filename: "n.txt", contentType: "text/plain", bytes });
    assert.equal(await fetch(), undefined);
    const on = await connect();
    const messageId = event.provider_message_id;
    const wanted = { conversationId: "discord:channel:../..", messageId, attachmentIds: ["1"] };
    await assert.rejects(on.adapter.fetchAttachments(wanted), { code: "not_found" });
  });

  it("go out with a message, once, under a harmless name, and are never those of the person's message", async () => {
    const { adapter } = await connect();
    const { lab } = scene.simulator;
    const digest = await files.put(Buffer.from("result"), Date.now());
    const attachments = [{ digest, filename: "../my result.txt" }];
    const request = replyTo(lab.general.id, "here", { attachments });
    const first = await adapter.send(request);
    assert.deepEqual(await adapter.send(request), first, "the nonce stops a second upload");
    const [message] = lab.general.messages;
    assert.equal(lab.general.messages.length, 1);
    assert.deepEqual(
      message?.attachments.map((file) => [file.filename, Buffer.from(file.bytes).toString()]),
      [["_my_result.txt", "result"]],
    );
  });

  it("that may not go out stay behind, and the message goes without them", async () => {
    const { adapter, host } = await connect({ maxUploadBytes: 3 });
    const { lab } = scene.simulator;
    const digest = await files.put(Buffer.from("result"), Date.now());
    const missing = { digest: "0".repeat(64), filename: "gone.txt" };
    const attachments = [{ digest, filename: "result.txt" }, missing];
    const outcome = await adapter.send(replyTo(lab.general.id, "here", { attachments }));
    assert.equal(outcome.kind, "delivered");
    assert.deepEqual(
      lab.general.messages.map((message) => [message.content, message.attachments.length]),
      [["here", 0]],
    );
    assert.deepEqual(
      host.notes.map(({ type, message }) => [type, message]),
      [
        ["attachment.upload.failed", "result.txt was not sent: it is too large."],
        ["attachment.upload.failed", "gone.txt was not sent: it is gone."],
      ],
    );
  });

  it("that the disk does not give out now keep the message back", async () => {
    const { adapter } = await connect();
    const digest = await files.put(Buffer.from("result"), Date.now());
    await rm(path.join(folder, digest));
    await mkdir(path.join(folder, digest));
    const request = replyTo(scene.simulator.lab.general.id, "here", {
      attachments: [{ digest, filename: "result.txt" }],
    });
    assert.equal((await adapter.send(request)).kind, "retry");
    assert.equal(scene.simulator.lab.general.messages.length, 0);
  });
});
