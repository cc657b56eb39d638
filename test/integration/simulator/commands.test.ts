import assert from "node:assert/strict";
import { type DiscordSimulator, startDiscordSimulator } from "../../../src/simulator/discord-simulator.ts";
import { PersonError } from "../../../src/simulator/people.ts";
import { ManualClock } from "./manual-clock.ts";
import { login, type RawGateway } from "./raw-gateway.ts";
import { call, type RawAnswer } from "./raw-rest.ts";

const ASK = {
  name: "ask",
  description: "Ask the bot",
  options: [{ type: 3, name: "question", description: "What to ask", required: true }],
};

describe("Slash commands on the simulated Discord", () => {
  let sim: DiscordSimulator;
  let clock: ManualClock;
  let gateway: RawGateway;
  let commands: string;

  beforeEach(async () => {
    clock = new ManualClock();
    sim = await startDiscordSimulator({ clock, rateLimits: "off" });
    commands = `/applications/${sim.lab.bot.applicationId}/guilds/${sim.lab.guild.id}/commands`;
    gateway = await login(sim);
  });
  afterEach(() => sim.close());

  /** Ada uses /ask; returns the paths to answer it. */
  async function ask(): Promise<{ callback: string; webhook: string }> {
    await call(sim, "PUT", commands, { body: [ASK] });
    sim.people.useCommand("ada", "general", "/ask what time is it?");
    const { d } = await gateway.wait(0, "INTERACTION_CREATE");
    return {
      callback: `/interactions/${d.id}/${d.token}/callback`,
      webhook: `/webhooks/${sim.lab.bot.applicationId}/${d.token}`,
    };
  }

  const anonymous = (method: string, path: string, body?: unknown): Promise<RawAnswer> =>
    call(sim, method, path, { token: null, ...(body === undefined ? {} : { body }) });

  it("are replaced as a whole, keep their ids by name, and can be listed and deleted (Bulk Overwrite)", async () => {
    const first = (await call(sim, "PUT", commands, { body: [ASK, { ...ASK, name: "tell" }] }))
      .body as never as { id: string }[];
    const second = (await call(sim, "PUT", commands, { body: [ASK] })).body as never as { id: string }[];
    assert.equal(second[0]?.id, first[0]?.id);
    const listed = (await call(sim, "GET", commands)).body as never as { name: string }[];
    assert.deepEqual(
      listed.map((one) => one.name),
      ["ask"],
    );
    assert.equal((await call(sim, "DELETE", `${commands}/${first[0]?.id}`)).status, 204);
    assert.equal((await call(sim, "DELETE", `${commands}/${first[0]?.id}`)).body.code, 10063);
  });

  it("are created with 201 and replaced by name with 200 (Create Guild Application Command)", async () => {
    assert.equal((await call(sim, "POST", commands, { body: ASK })).status, 201);
    assert.equal((await call(sim, "POST", commands, { body: ASK })).status, 200);
  });

  const wrong: [string, object, string][] = [
    ["a name in capitals", { ...ASK, name: "Ask" }, "APPLICATION_COMMAND_INVALID_NAME"],
    ["a name of 33 characters", { ...ASK, name: "a".repeat(33) }, "BASE_TYPE_BAD_LENGTH"],
    ["an empty description", { ...ASK, description: "" }, "BASE_TYPE_BAD_LENGTH"],
    [
      "a required option after an optional one",
      {
        ...ASK,
        options: [
          { ...ASK.options[0], required: false },
          { ...ASK.options[0], name: "b" },
        ],
      },
      "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ],
  ];
  for (const [what, body, code] of wrong) {
    it(`are refused with ${what} (Application Command Naming)`, async () => {
      const answer = await call(sim, "POST", commands, { body });
      assert.deepEqual([answer.status, answer.body.code], [400, 50035]);
      assert.match(JSON.stringify(answer.body.errors), new RegExp(code));
    });
  }

  it("reach the bot as INTERACTION_CREATE with their options, whatever its intents (Interaction Structure)", async () => {
    await ask();
    const { d } = await gateway.wait(0, "INTERACTION_CREATE");
    assert.equal(d.type, 2);
    assert.deepEqual((d.data as { options: unknown }).options, [
      { name: "question", type: 3, value: "what time is it?" },
    ]);
    assert.equal((d.member as { user: { id: string } }).user.id, sim.lab.people.ada.id);
    assert.equal(d.context, 0);
  });

  it("are answered with a message, once (Create Interaction Response)", async () => {
    const { callback } = await ask();
    const body = { type: 4, data: { content: "noon" } };
    assert.equal((await anonymous("POST", callback, body)).status, 204);
    assert.deepEqual([sim.lab.general.messages[0]?.content, sim.lab.general.messages[0]?.kind], ["noon", 20]);
    const again = await anonymous("POST", callback, body);
    assert.deepEqual([again.status, again.body.code], [400, 40060]);
  });

  it("must be answered within 3 seconds (Responding to an Interaction)", async () => {
    const { callback } = await ask();
    clock.advance(3001);
    const late = await anonymous("POST", callback, { type: 4, data: { content: "late" } });
    assert.deepEqual([late.status, late.body.code], [404, 10062]);
  });

  it("can be deferred, then filled in for 15 minutes (Followup Messages)", async () => {
    const { callback, webhook } = await ask();
    assert.equal((await anonymous("POST", callback, { type: 5 })).status, 204);
    clock.advance(60_000);
    const filled = await anonymous("PATCH", `${webhook}/messages/@original`, { content: "after a minute" });
    assert.deepEqual(
      [filled.status, filled.body.content, filled.body.edited_timestamp],
      [200, "after a minute", null],
    );
    assert.equal((await anonymous("POST", webhook, { content: "more" })).status, 200);
    assert.deepEqual(
      sim.lab.general.messages.map((one) => one.content),
      ["after a minute", "more"],
    );
    clock.advance(15 * 60_000);
    const expired = await anonymous("POST", webhook, { content: "too late" });
    assert.deepEqual([expired.status, expired.body.code], [401, 50027]);
  });

  it("can be answered for the asking person only (Message Flags: EPHEMERAL)", async () => {
    const { callback } = await ask();
    await anonymous("POST", callback, { type: 4, data: { content: "psst", flags: 64 } });
    assert.equal(sim.lab.general.messages[0]?.onlyForUserId, sim.lab.people.ada.id);
    assert.deepEqual((await call(sim, "GET", `/channels/${sim.lab.general.id}/messages`)).body, []);
  });

  it("mention people only, unless told otherwise (Default Settings for Allowed Mentions)", async () => {
    const { callback } = await ask();
    await anonymous("POST", callback, {
      type: 4,
      data: { content: `@everyone <@${sim.lab.people.grace.id}>` },
    });
    const [message] = sim.lab.general.messages;
    assert.deepEqual([message?.mentionEveryone, message?.mentionUserIds], [false, [sim.lab.people.grace.id]]);
  });

  it("tell the person what is wrong: no such command, a missing option", async () => {
    await call(sim, "PUT", commands, { body: [ASK] });
    assert.throws(() => sim.people.useCommand("ada", "general", "/nothing"), PersonError);
    assert.throws(() => sim.people.useCommand("ada", "general", "/ask"), /needs question/);
  });

  it("keep their tokens out of the request log", async () => {
    const { callback } = await ask();
    await anonymous("POST", callback, { type: 4, data: { content: "noon" } });
    assert.match(sim.requestLog.at(-1)?.path ?? "", /^\/interactions\/\d+\/<token>\/callback$/);
  });
});
