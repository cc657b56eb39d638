import assert from "node:assert/strict";
import { CommandDesk } from "../../../../src/connectors/commands/command-desk.ts";
import type { NativeCommandHost } from "../../../../src/connectors/discord/commands/answer-interaction.ts";
import type { CommandSyncState } from "../../../../src/connectors/store/parts/command-sync-store.ts";
import type { InboundMessageEvent } from "../../../../src/contracts/connector.ts";
import { until } from "../../simulator/until.ts";
import { AdapterScene, RecordingHost } from "./adapter-scene.ts";

/** A host of commands that counts what was carried out. */
class Commands implements NativeCommandHost {
  readonly carriedOut: InboundMessageEvent[] = [];
  sync: CommandSyncState | null = null;
  refuse = false;
  asked = 0;
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
    refusal: async () => {
      this.asked += 1;
      return this.refuse ? "sender_denied" : null;
    },
  });
  readonly catalog = this.#desk.catalog;

  mayUse({ event }: Parameters<NativeCommandHost["mayUse"]>[0]): Promise<boolean> {
    return this.#desk.mayUse(event);
  }

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
  const applicationCommands = async (method: string, body?: object): Promise<unknown> => {
    const { bot } = scene.simulator.lab;
    const url = `${scene.simulator.apiBase}/v10/applications/${bot.applicationId}/commands`;
    const headers = {
      authorization: `Bot ${bot.token}`,
      "content-type": "application/json",
      "user-agent": "DiscordBot (test, 1)",
    };
    const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    assert.ok(response.ok, `${method} ${response.status}`);
    return await response.json();
  };
  const registered = async () =>
    (await applicationCommands("GET")) as { name: string; description: string }[];
  const registeredElsewhere = (name: string, description: string) =>
    applicationCommands("POST", { type: 1, name, description });
  const answer = (text: RegExp) =>
    until(() => scene.simulator.lab.general.messages.find((message) => text.test(message.content)));

  it("are registered once, and again only when Discord has others than the catalogue", async () => {
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
    await registeredElsewhere("whoami", "Somebody else's");
    await scene.connect(host, { commands });
    await until(() => puts() === 2);
    const names = (await registered()).map(({ name, description }) => `${name}: ${description}`);
    assert.ok(!names.includes("whoami: Somebody else's"), names.join());
  });

  it("are compared also when a session is resumed, which happens after a restart with new commands", async () => {
    const first = await scene.connect(host, { commands });
    await until(() => commands.sync?.status === "synced");
    await first.adapter.stop();
    await registeredElsewhere("older", "Of an older version");
    await scene.connect(host, { commands });
    await until(() => puts() === 2);
    assert.equal(scene.simulator.counts.resumes, 1);
    assert.ok(!(await registered()).some(({ name }) => name === "older"));
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
    scene.simulator.people.useCommand("grace", "general", "/stop it takes too long");
    await answer(/^Stopped: it takes too long$/);
  });

  it("of a person who is not answered are neither carried out nor answered", async () => {
    await scene.connect(host, { commands });
    await until(() => commands.sync?.status === "synced");
    commands.refuse = true;
    scene.simulator.people.useCommand("linus", "general", "/whoami");
    await until(() => commands.asked > 0);
    commands.refuse = false;
    scene.simulator.people.useCommand("ada", "general", "/whoami");
    await answer(/You are Ada/);
    assert.equal(commands.carriedOut.length, 1);
    assert.equal(scene.requests().filter((one) => one.includes("/callback")).length, 1);
  });

  it("that a crash left half answered are answered after it, and those that were answered stay as they are", async () => {
    const first = await scene.connect(host, { commands });
    await until(() => commands.sync?.status === "synced");
    await first.adapter.stop();
    const { session } = host;
    const second = await scene.connect(host, { commands });
    commands.hold = new Promise(() => undefined);
    scene.simulator.people.useCommand("ada", "general", "/whoami");
    const waiting = await until(() => scene.simulator.lab.general.messages.at(-1));
    // As after a crash: the next process begins where the session was stored last.
    second.adapter.dispose();
    scene.simulator.gateway.dropConnections();
    commands.hold = Promise.resolve();
    host.session = session;
    const third = await scene.connect(host, { commands });
    assert.equal((await answer(/You are Ada/)).id, waiting.id);
    await third.adapter.stop();
    host.session = session;
    await scene.connect(host, { commands });
    scene.simulator.people.useCommand("grace", "general", "/whoami");
    await answer(/You are Grace/);
    assert.equal(commands.carriedOut.length, 2);
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
