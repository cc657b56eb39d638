import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { ChannelStatusResponse } from "../../../src/contracts/http-channels.ts";
import type { PersonFile } from "../../../src/simulator/people.ts";
import { GatewayScene } from "../../support/sidecar/gateway-scene.ts";
import type { ControlLink } from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const channel = 'inbound_scope = "open_guild_channels"\ndirect_message_policy = "allow"\n';
const switchedOn = "[media]\ndownload_enabled = true\noutbound_upload_enabled = true\n";
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const text = (filename: string, bytes: Uint8Array, more: Partial<PersonFile> = {}): PersonFile => ({
  filename,
  contentType: "text/plain",
  bytes,
  ...more,
});

describe("Files that come with a message", () => {
  let scene: GatewayScene;
  afterEach(() => scene.close());

  const open = async (media = switchedOn): Promise<ControlLink> => {
    scene = await GatewayScene.open({ settings: channel + media });
    return (await scene.startConnected()).link;
  };
  const send = (content: string, ...attachments: PersonFile[]): void => {
    scene.simulator.people.write("ada", "general", `@palyra ${content}`, { attachments });
  };
  const keptFiles = async (): Promise<string[]> => (await readdir(path.join(scene.root, "files"))).sort();
  const status = async (link: ControlLink): Promise<ChannelStatusResponse> => {
    const response = await fetch(`http://127.0.0.1:${link.port()}/admin/v1/channels/discord:default`, {
      headers: { authorization: `Bearer ${scene.boot.tokens[0]}` },
    });
    return ChannelStatusResponse.parse(await response.json());
  };
  /** The answer to a message with one file that must be refused, and the reasons in the connector's status. */
  const refusal = async (link: ControlLink, file: PersonFile): Promise<string> => {
    send("look", file);
    const [answer] = await scene.waitForAnswers("general", 1);
    assert.deepEqual(await keptFiles(), []);
    const { media } = await waitUntil("the note", async () => {
      const now = await status(link);
      return now.media.recent_blocked_reasons.length > 0 ? now : null;
    });
    assert.equal(media.recent_blocked_reasons.length, 1);
    assert.equal(media.usage.artifact_count, 0);
    return answer?.split("\n")[1] ?? "";
  };

  it("are kept privately, and the agent is told of them", async () => {
    const link = await open();
    send("my cat", { filename: "cat.png", contentType: "image/png", bytes: png });
    assert.deepEqual(await scene.waitForAnswers("general", 1), [
      `my cat\n(1 file: cat.png, ${png.length} B)`,
    ]);
    const [name, ...others] = await keptFiles();
    assert.deepEqual(others, []);
    const file = path.join(scene.root, "files", name ?? "");
    assert.deepEqual(await readFile(file), png);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(path.dirname(file))).mode & 0o777, 0o700);
    const { media } = await status(link);
    assert.deepEqual(media.usage, { artifact_count: 1, stored_bytes: png.length });
    assert.deepEqual(media.recent_blocked_reasons, []);
  });

  it("alone are a message too", async () => {
    await open();
    const direct = scene.simulator.people.openDirect("ada", "palyra");
    scene.simulator.people.write("ada", direct.id, "", { attachments: [text("a.txt", Buffer.from("a"))] });
    assert.deepEqual(await scene.waitForAnswers(direct.id, 1), ["(1 file: a.txt, 1 B)"]);
  });

  it("are only named as long as nobody has switched fetching on", async () => {
    const link = await open("");
    const line = await refusal(link, { filename: "cat.png", contentType: "image/png", bytes: png });
    assert.equal(line, `(1 file: cat.png, ${png.length} B, not taken: fetching files is switched off)`);
    const reads = scene.simulator.requestLog.filter(({ path: asked }) => /messages\/\d+$/.test(asked));
    assert.deepEqual(reads, []);
  });

  it("are fetched after that was switched on in the running gateway", async () => {
    const link = await open("");
    send("before", text("a.txt", Buffer.from("a")));
    await scene.waitForAnswers("general", 1);
    await scene.configure(channel + switchedOn);
    await link.request("config/reload");
    send("after", text("a.txt", Buffer.from("a")));
    assert.equal((await scene.waitForAnswers("general", 2))[1], "after\n(1 file: a.txt, 1 B)");
  });

  it("are refused when their content is of a kind that is not taken, whatever they are called", async () => {
    const link = await open();
    const bytes = Buffer.from("<svg onload='alert(1)'></svg>");
    const line = await refusal(link, { filename: "cat.png", contentType: "image/png", bytes });
    assert.match(line, /^\(1 file: cat\.png, 29 B, not taken: its content is not of a kind that is taken\)$/);
  });

  it("are what their content is, not what they are called", async () => {
    await open('[media]\ndownload_enabled = true\nallowed_download_content_types = ["text/plain"]\n');
    send("look", { filename: "notes.txt", contentType: "text/plain", bytes: png });
    assert.match((await scene.waitForAnswers("general", 1))[0] ?? "", /not taken: its content/);
  });

  it("are refused when they are too large", async () => {
    const link = await open(`${switchedOn}max_download_bytes = 100\n`);
    assert.match(
      await refusal(link, text("a.txt", Buffer.alloc(101, "a"))),
      /101 B, not taken: it is too large/,
    );
  });

  it("are refused when they are larger than the message says, with or without a length in the header", async () => {
    const link = await open(`${switchedOn}max_download_bytes = 100\n`);
    const bytes = Buffer.alloc(100_000, "a");
    const lie = text("a.txt", bytes, { pretence: { size: 10, contentLength: null } });
    assert.match(await refusal(link, lie), /10 B, not taken: it is too large/);
    send("again", text("b.txt", bytes, { pretence: { size: 10 } }));
    assert.match((await scene.waitForAnswers("general", 2))[1] ?? "", /10 B, not taken: it is too large/);
  });

  it("are never kept beyond the length in the header, nor when they end before it", async () => {
    await open();
    const bytes = Buffer.from("0123456789");
    send("short", text("a.txt", bytes, { pretence: { contentLength: 4 } }));
    assert.match((await scene.waitForAnswers("general", 1))[0] ?? "", /a\.txt, (?:4 B\)|10 B, not taken)/);
    send("long", text("b.txt", bytes, { pretence: { contentLength: 40 } }));
    assert.match(
      (await scene.waitForAnswers("general", 2))[1] ?? "",
      /b\.txt, 10 B, not taken: it could not/,
    );
  }).timeout(20_000);

  it("are not fetched from a place that is none of Discord's", async () => {
    const link = await open();
    const elsewhere = { pretence: { url: "http://127.0.0.1:9/a.txt" } };
    const line = await refusal(link, text("a.txt", Buffer.from("a"), elsewhere));
    assert.match(line, /not taken: it is kept in a place that is not allowed/);
  });

  it("are answered once although the gateway was killed between fetching them and answering", async () => {
    scene = await GatewayScene.open({ settings: channel + switchedOn });
    const { gateway } = await scene.startConnected();
    const stopFault = scene.simulator.faults.add({ kind: "hang", pathIncludes: "second.txt" });
    send("two", text("first.txt", Buffer.from("first")), text("second.txt", Buffer.from("second")));
    await waitUntil("the first file", async () => (await keptFiles()).length === 1);
    await gateway.kill();
    assert.deepEqual(scene.answers("general"), []);
    stopFault();
    const { link } = await scene.start();
    await scene.waitForAnswers("general", 1);
    await scene.waitUntilIdle(link, 1);
    assert.deepEqual(scene.answers("general"), ["two\n(2 files: first.txt, 5 B; second.txt, 6 B)"]);
    assert.equal((await keptFiles()).length, 2);
  });

  it("do not cost the answer when the file server fails", async () => {
    await open();
    scene.simulator.faults.add({ kind: "serverError", pathIncludes: "/attachments/" });
    send("look", text("a.txt", Buffer.from("a")));
    assert.match(
      (await scene.waitForAnswers("general", 1))[0] ?? "",
      /^look\n.*not taken: it could not be fetched/,
    );
  }).timeout(20_000);
});

describe("Files that go with an answer", () => {
  let scene: GatewayScene;
  afterEach(() => scene.close());
  const lastFiles = () =>
    scene.simulator.lab.general.messages
      .filter((message) => message.authorId === scene.simulator.lab.bot.userId)
      .map((message) => message.attachments.map((file) => Buffer.from(file.bytes).toString()));

  it("arrive with it", async () => {
    scene = await GatewayScene.open({ settings: channel + switchedOn });
    const { link } = await scene.startConnected();
    scene.simulator.people.write("ada", "general", "@palyra as a file: good morning");
    assert.deepEqual(await scene.waitForAnswers("general", 1), ["Here it is."]);
    await scene.waitUntilIdle(link, 1);
    assert.deepEqual(lastFiles(), [["good morning"]]);
  });

  it("stay behind where sending them is switched off, and the answer says so", async () => {
    scene = await GatewayScene.open({ settings: channel });
    const { link } = await scene.startConnected();
    scene.simulator.people.write("ada", "general", "@palyra as a file: good morning");
    assert.deepEqual(await scene.waitForAnswers("general", 1), [
      "Here it is.\n(echo.txt was not sent: sending files is switched off.)",
    ]);
    await scene.waitUntilIdle(link, 1);
    assert.deepEqual(lastFiles(), [[]]);
  });

  it("arrive once although the gateway was killed before and after it had sent them", async () => {
    scene = await GatewayScene.open({ settings: channel + switchedOn });
    let { gateway } = await scene.startConnected();
    const { faults, requestLog } = scene.simulator;
    const sends = { method: "POST", pathIncludes: "/messages" } as const;
    const begun = (): number =>
      requestLog.filter(({ method, path: asked }) => method === "POST" && asked.endsWith("/messages")).length;
    const stopHanging = faults.add({ kind: "hang", ...sends });
    scene.simulator.people.write("ada", "general", "@palyra as a file: only once");
    await waitUntil("the send to begin", () => begun() === 1);
    await gateway.kill();
    stopHanging();
    const stopLosing = faults.add({ kind: "loseResponse", ...sends });
    ({ gateway } = await scene.start());
    await scene.waitForAnswers("general", 1);
    await gateway.kill();
    stopLosing();
    const before = begun();
    const { link } = await scene.start();
    await waitUntil("another attempt", () => begun() > before);
    await scene.waitUntilIdle(link, 1);
    assert.deepEqual(lastFiles(), [["only once"]]);
  });
});
