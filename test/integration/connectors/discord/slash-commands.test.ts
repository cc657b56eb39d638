import assert from "node:assert/strict";
import { CommandDesk } from "../../../../src/connectors/commands/command-desk.ts";
import type { NativeCommandHost } from "../../../../src/connectors/discord/discord-adapter.ts";
import type { CommandSyncState } from "../../../../src/connectors/store/parts/command-sync-store.ts";
import type { InboundMessageEvent } from "../../../../src/contracts/connector.ts";
import { until } from "../../simulator/until.ts";
import { AdapterScene, RecordingHost } from "./adapter-scene.ts";

/** A host of commands that counts what was carried out. */
class Commands implements NativeCommandHost {
  readonly carriedOut: InboundMessageEvent[] = [];
  sync: CommandSyncState | null = null;
  refuse = false;
  hold: Promise<void> = Promise.resolve();
  readonly #desk = new CommandDesk({
    executors: {
      whoami: async (event) => {
        await this.hold;
        this.carriedOut.push(event);
        return {
          ok: true,
          code: "channel_command/whoami",
          text: `You are ${event.sender_display}. @everyone`,
        };
      },
      stop: async (_event, values) => ({
        ok: true,
        code: "channel_command/accepted",
        text: `Stopped: ${values.reason}`,
      }),
    },
    refusal: async () => (this.refuse ? "sender_denied" : null),
  });
  readonly catalog = this.#desk.catalog;

  async run(invocation: Parameters<NativeCommandHost["run"]>[0]): Promise<string> {
    const outcome = await this.#desk.handleNative(invocation.event, invocation.command, invocation.given);
    return outcome.reply;
  }

  async loadSync(): Promise<CommandSyncState | null> {
    return this.sync;
  }

  async saveSync(state: CommandSyncState): Promise<void> {
    this.sync = state;
  }
}

describe("Slash commands on Discord", () => {
  let scene: AdapterScene;
  let commands: Commands;
  let host: RecordingHost;
  beforeEach(async () => {
    scene = await AdapterScene.open();
    commands = new Commands();
    host = new RecordingHost(scene.simulator.lab.bot.token);
  });
  afterEach(() => scene.close());

  const puts = (): number => scene.requests().filter((one) => one.startsWith("PUT /applications/")).length;
  const answer = (text: RegExp) =>
    until(() => scene.simulator.lab.general.messages.find((message) => text.test(message.content)));

  it("are registered once, and again only when the catalogue is another one", async () => {
    const first = await scene.connect(host, { commands });
    await until(() => commands.sync?.status === "synced");
    assert.equal(puts(), 1);
    await first.adapter.stop();
    host.session = null;
    const second = await scene.connect(host, { commands });
    scene.simulator.people.useCommand("ada", "general", "/whoami");
    await answer(/You are Ada/);
    assert.equal(puts(), 1);
    await second.adapter.stop();
    host.session = null;
    commands.sync = { ...(commands.sync as CommandSyncState), catalogHash: "older" };
    await scene.connect(host, { commands });
    await until(() => puts() === 2);
  });

  it("that could not be registered are registered with the next session", async () => {
    scene.simulator.faults.add({ kind: "serverError", pathIncludes: "/commands", times: 1 });
    const { adapter } = await scene.connect(host, { commands });
    await until(() => commands.sync?.status === "failed");
    assert.equal(adapter.state().connected, true);
    await adapter.stop();
    host.session = null;
    await scene.connect(host, { commands });
    await until(() => commands.sync?.status === "synced");
  });

  it("are answered to the person who used them, in time even when they take long, and ping nobody", async () => {
    await scene.connect(host, { commands });
    await until(() => commands.sync?.status === "synced");
    let release = (): void => undefined;
    commands.hold = new Promise((resolve) => {
      release = resolve;
    });
    scene.simulator.people.useCommand("ada", "general", "/whoami");
    const waiting = await until(() => scene.simulator.lab.general.messages.at(-1));
    assert.equal(waiting.content, "");
    assert.equal(waiting.onlyForUserId, scene.simulator.lab.people.ada.id);
    release();
    const answered = await answer(/You are Ada/);
    assert.equal(answered.id, waiting.id);
    assert.equal(answered.mentionEveryone, false);
    const [event] = commands.carriedOut;
    assert.equal(event?.sender_id, `discord:user:${scene.simulator.lab.people.ada.id}`);
    assert.equal(event?.guild_id, scene.simulator.lab.guild.id);
  });

  it("bring their options along", async () => {
    await scene.connect(host, { commands });
    await until(() => commands.sync?.status === "synced");
    scene.simulator.people.useCommand("grace", "general", "/stop run-1 it takes too long");
    await answer(/^Stopped: it takes too long$/);
  });

  it("of a person who may not use them are not carried out, and the person is told", async () => {
    await scene.connect(host, { commands });
    await until(() => commands.sync?.status === "synced");
    commands.refuse = true;
    scene.simulator.people.useCommand("linus", "general", "/whoami");
    await answer(/^You cannot use commands here\.$/);
    assert.equal(commands.carriedOut.length, 0);
  });

  it("that Discord no longer waits for, as when they come a second time, are not carried out", async () => {
    await scene.connect(host, { commands });
    await until(() => commands.sync?.status === "synced");
    const { gateway, lab, world } = scene.simulator;
    gateway.sendDispatch("INTERACTION_CREATE", {
      id: world.newId(),
      application_id: lab.bot.applicationId,
      type: 2,
      token: "known-to-nobody",
      data: { id: world.newId(), name: "whoami", type: 1 },
      channel: { id: lab.general.id, type: 0 },
      guild_id: lab.guild.id,
      member: { roles: [], user: { id: lab.people.ada.id, username: "ada" } },
    });
    await until(() =>
      scene.simulator.requestLog.find((entry) => entry.path.includes("/callback") && entry.status === 404),
    );
    scene.simulator.people.useCommand("grace", "general", "/whoami");
    await answer(/You are Grace/);
    assert.equal(commands.carriedOut.length, 1);
  });

  it("do not exist where the host carries none out", async () => {
    await scene.connect(host);
    assert.equal(puts(), 0);
  });
});
