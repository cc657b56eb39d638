import assert from "node:assert/strict";
import { snowflakeAt } from "../../../../src/connectors/discord/ids.ts";
import type { JournalEntry } from "../../../../src/connectors/supervisor/connector-journal.ts";
import { type Channel, ChannelKind } from "../../../../src/simulator/world/model.ts";
import { Permission } from "../../../../src/simulator/world/permissions.ts";
import { until } from "../../simulator/until.ts";
import { AdapterScene, type RecordingHost } from "./adapter-scene.ts";

const everything = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES | Permission.READ_MESSAGE_HISTORY;
const reads = { method: "GET", pathIncludes: "/messages" } as const;

describe("After a lost session", () => {
  let scene: AdapterScene;
  beforeEach(async () => {
    scene = await AdapterScene.open();
  });
  afterEach(() => scene.close());

  const write = (channel: string, text: string): void => {
    scene.simulator.people.write("ada", channel, `@palyra ${text}`);
  };
  const bodies = (host: RecordingHost): string[] => host.events.map((event) => event.body);
  const readsOf = (channel: Channel): number =>
    scene.requests().filter((one) => one === `GET /channels/${channel.id}/messages`).length;
  const noMoreToCatchUp = (host: RecordingHost): boolean =>
    host.session !== null && host.session.details.backfill_pending === 0;

  const warnings = (host: RecordingHost): JournalEntry[] =>
    host.notes.filter(({ level }) => level === "warn");

  /** As a session is left that was lost. */
  const forgetSession = (host: RecordingHost): void => {
    if (host.session !== null) host.session = { ...host.session, resumeUrl: "" };
  };

  /** A host that knows one message of #general, and whose session cannot be resumed any more. */
  const leave = async (): Promise<RecordingHost> => {
    const { adapter, host } = await scene.connect();
    write("general", "before");
    await until(() => host.events.length === 1);
    await adapter.stop();
    adapter.dispose();
    forgetSession(host);
    return host;
  };

  it("what was written in a server Discord tells of late is fetched, also by the process after the next one", async () => {
    const host = await leave();
    const { gateway, lab } = scene.simulator;
    write("random", "in the gap");
    gateway.beginOutage(lab.guild.id);
    const between = await scene.connect(host);
    await until(() => noMoreToCatchUp(host));
    await between.adapter.stop();
    between.adapter.dispose();
    await scene.connect(host);
    assert.equal(scene.simulator.counts.resumes, 1);
    gateway.endOutage(lab.guild.id);
    await until(() => host.events.length === 2);
    assert.deepEqual(bodies(host), ["before", "in the gap"]);
    await until(() => host.session?.details.awaited_guilds === undefined);
  });

  it("what was written in a server that is joined later is not fetched", async () => {
    const host = await leave();
    write("random", "in the gap");
    await scene.connect(host);
    await until(() => host.events.length === 2 && noMoreToCatchUp(host));
    const { world, lab, people } = scene.simulator;
    const other = world.addGuild({
      name: "elsewhere",
      ownerId: lab.people.ada.id,
      everyonePermissions: everything,
    });
    const hall = world.addChannel(other.id, { kind: 0, name: "hall" });
    people.write("ada", hall.id, "long before");
    world.addMember(other.id, lab.bot.userId);
    people.write("ada", hall.id, "@palyra welcome");
    await until(() => host.events.length === 3);
    assert.deepEqual(bodies(host).slice(2), ["welcome"]);
    assert.equal(readsOf(hall), 0);
  });

  it("a second loss before all was fetched forgets no channel, though messages of others came in meanwhile", async () => {
    const host = await leave();
    const { faults, gateway, lab } = scene.simulator;
    write("random", "in the gap");
    const endFault = faults.add({ kind: "serverError", method: "GET", pathIncludes: lab.random.id });
    await scene.connect(host);
    await until(() => readsOf(lab.random) > 0);
    write("general", "live");
    await until(() => host.events.length === 2);
    gateway.invalidateSessions(false);
    endFault();
    await until(() => host.events.length === 3, 20_000);
    assert.deepEqual(bodies(host), ["before", "live", "in the gap"]);
    assert.equal(scene.simulator.counts.identifies, 3);
  }).timeout(40_000);

  it("a process that dies between two losses leaves what is still missed to the next one", async () => {
    const host = await leave();
    const { faults, gateway, lab } = scene.simulator;
    write("random", "in the gap");
    const endFault = faults.add({ kind: "serverError", method: "GET", pathIncludes: lab.random.id });
    const between = await scene.connect(host);
    await until(() => readsOf(lab.random) > 0);
    write("general", "live");
    await until(() => host.events.length === 2);
    gateway.invalidateSessions(false);
    await until(() => host.session?.resumeUrl === "");
    await between.adapter.stop();
    between.adapter.dispose();
    endFault();
    await scene.connect(host);
    await until(() => host.events.length === 3);
    assert.deepEqual(bodies(host), ["before", "live", "in the gap"]);
  });

  it("a loss while messages are fetched keeps their order and repeats none", async () => {
    const host = await leave();
    const { faults, gateway, lab } = scene.simulator;
    for (let index = 0; index < 120; index += 1) write("general", `missed ${index}`);
    faults.add({ kind: "latency", delayMs: 300, times: 1, ...reads });
    await scene.connect(host);
    await until(() => readsOf(lab.general) > 0);
    write("general", "live in the first");
    gateway.invalidateSessions(false);
    write("general", "between both");
    await until(() => host.events.length === 123, 20_000);
    const missed = Array.from({ length: 120 }, (_, index) => `missed ${index}`);
    assert.deepEqual(bodies(host), ["before", ...missed, "live in the first", "between both"]);
  }).timeout(40_000);

  it("every channel is read once, however many servers are told of meanwhile and whatever is resumed", async () => {
    const host = await leave();
    const { gateway, lab, world } = scene.simulator;
    for (let index = 0; index < 5; index += 1) {
      const guild = world.addGuild({
        name: `server ${index}`,
        ownerId: lab.people.ada.id,
        everyonePermissions: everything,
      });
      const channel = world.addChannel(guild.id, { kind: 0, name: `place-${index}` });
      world.addMember(guild.id, lab.bot.userId);
      scene.simulator.people.write("ada", channel.id, "@palyra there");
    }
    write("general", "in the gap");
    await scene.connect(host);
    await until(() => host.events.length === 7 && noMoreToCatchUp(host));
    gateway.requestReconnect();
    await until(() => scene.simulator.counts.resumes === 1);
    write("general", "after it");
    await until(() => host.events.length === 8);
    const asked = scene.requests().filter((one) => /^GET \/channels\/\d+\/messages$/.test(one));
    assert.equal(asked.length, 6);
    assert.equal(new Set(asked).size, 6);
  });

  it("threads that were archived meanwhile are looked for, also in forums, and what is in them is answered", async () => {
    const host = await leave();
    const { lab, people, world } = scene.simulator;
    const forum = world.addChannel(lab.guild.id, { kind: 15, name: "questions" });
    const places = [
      people.startThread("ada", "general", "Plans"),
      people.startThread("ada", forum.id, "How?"),
    ];
    for (const place of places) {
      write(place.id, `in ${place.name}`);
      world.updateChannel(place, (changed) => {
        if (changed.thread === null) return;
        changed.thread.archived = true;
        changed.thread.archiveChangedAtMs = Date.now();
      });
    }
    await scene.connect(host);
    await until(() => host.events.length === 3);
    assert.deepEqual(bodies(host).slice(1).sort(), ["in How?", "in Plans"]);
    assert.ok(host.events.slice(1).every((event) => event.parent_conversation_id !== null));
  });

  it("private threads of the bot that were archived meanwhile are looked for, and no others are asked for", async () => {
    const host = await leave();
    const { lab, world } = scene.simulator;
    const begin = (name: string): Channel =>
      world.addThread(lab.general, {
        kind: ChannelKind.privateThread,
        name,
        ownerId: lab.people.ada.id,
        autoArchiveMinutes: 60,
      });
    const archive = (thread: Channel): void =>
      world.updateChannel(thread, (changed) => {
        if (changed.thread !== null) changed.thread.archived = true;
      });
    const [joined, foreign] = [begin("for the bot"), begin("for others")];
    joined.thread?.memberIds.add(lab.bot.userId);
    for (const thread of [joined, foreign]) {
      write(thread.id, `in ${thread.name}`);
      archive(thread);
    }
    await scene.connect(host);
    await until(() => host.events.length === 2 && noMoreToCatchUp(host));
    assert.deepEqual(bodies(host), ["before", "in for the bot"]);
    assert.equal(readsOf(foreign), 0);
  });

  it("the owner is told once what Discord cannot be asked for, and nothing on a fresh install", async () => {
    const host = await leave();
    assert.equal(host.notes.length, 0);
    const { people } = scene.simulator;
    people.write("grace", people.openDirect("grace", "palyra").id, "the first ever");
    write("general", "in the gap");
    await scene.connect(host);
    await until(() => host.events.length === 2 && noMoreToCatchUp(host));
    assert.deepEqual(bodies(host), ["before", "in the gap"]);
    assert.deepEqual(
      host.notes.map(({ type, level }) => [type, level]),
      [["inbound.not_fetched", "info"]],
    );
    assert.match(host.notes[0]?.message ?? "", /first direct message/);
  });

  it("nothing is looked for on a fresh install", async () => {
    write("general", "before the bot came");
    const { host } = await scene.connect();
    write("general", "live");
    await until(() => host.events.length === 1);
    await until(() => noMoreToCatchUp(host));
    assert.deepEqual(bodies(host), ["live"]);
    assert.ok(!scene.requests().some((one) => /\/messages$|\/threads\//.test(one)));
  });

  it("what was missed is found though nobody had written anything before", async () => {
    const { adapter, host } = await scene.connect();
    await until(() => noMoreToCatchUp(host));
    await adapter.stop();
    adapter.dispose();
    forgetSession(host);
    write("general", "the first ever");
    await scene.connect(host);
    await until(() => host.events.length === 1);
    assert.deepEqual(bodies(host), ["the first ever"]);
  });

  it("more than is fetched of one channel is told to the owner, and the oldest are answered in order", async () => {
    const host = await leave();
    for (let index = 0; index < 1010; index += 1) write("general", `missed ${index}`);
    await scene.connect(host);
    await until(() => host.events.length === 1001, 20_000);
    await until(() => warnings(host).length === 1);
    assert.deepEqual(bodies(host).slice(-1), ["missed 999"]);
    const [note] = warnings(host);
    assert.equal(note?.type, "inbound.not_fetched");
    assert.deepEqual(note?.details, {
      conversation: `discord:channel:${scene.simulator.lab.general.id}`,
      fetched: 1000,
    });
  }).timeout(40_000);

  it("conversations that are too many to look through are told to the owner, the oldest ones", async () => {
    const host = await leave();
    const general = `discord:channel:${scene.simulator.lab.general.id}`;
    const long = Date.now() - 60_000;
    for (let index = 0; index < 203; index += 1) {
      host.known.set(`discord:channel:${snowflakeAt(long + index)}`, snowflakeAt(long + index));
    }
    write("general", "in the gap");
    await scene.connect(host);
    await until(() => host.events.length === 2 && noMoreToCatchUp(host), 20_000);
    const told = warnings(host);
    assert.equal(told.length, 4);
    assert.ok(told.every((note) => note.type === "inbound.not_fetched"));
    assert.ok(told.every((note) => note.details?.conversation !== general));
  }).timeout(40_000);
});
