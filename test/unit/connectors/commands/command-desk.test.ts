import assert from "node:assert/strict";
import { CommandDesk } from "../../../../src/connectors/commands/command-desk.ts";
import { storeCommands } from "../../../../src/connectors/commands/store-commands.ts";
import type { SessionBinding } from "../../../../src/connectors/store/parts/session-bindings.ts";
import type { InboundMessageEvent } from "../../../../src/contracts/connector.ts";

const event = (body: string): InboundMessageEvent => ({
  envelope_id: "01M80HJNHH6YC2NZVBR9NQT8CB",
  connector_id: "discord:default",
  provider_message_id: "1573888951192649728",
  conversation_id: "discord:channel:1573888945341595654",
  parent_conversation_id: null,
  guild_id: null,
  sender_id: "discord:user:1000000000000000002",
  sender_display: "Ada",
  sender_roles: [],
  body,
  is_direct_message: true,
  mentions_bot: false,
  attachments: [],
  sent_at_unix_ms: 1,
  received_at_unix_ms: 1,
});

function scene(
  options: { refusal?: string; running?: string[]; asked?: string; sessions?: SessionBinding[] } = {},
) {
  const running = new Set(options.running ?? []);
  let sessions = options.sessions ?? [];
  const unused = (): never => assert.fail("not used by commands");
  const executors = storeCommands({
    store: {
      queueDepth: async () => ({ inbox_pending: 2, outbox_pending: 1, dead_letters: 3 }),
      bindings: {
        touch: unused,
        get: unused,
        ofConversation: async () => sessions,
        end: async (key) => {
          const before = sessions.length;
          sessions = sessions.filter((session) => session.sessionKey !== key);
          return sessions.length < before;
        },
      },
    },
    conversationName: () => "DM with Ada",
    stopTurn: async ({ conversation_id }) =>
      running.delete(conversation_id) ? event(options.asked ?? "tell me everything") : null,
  });
  const asked: string[] = [];
  const desk = new CommandDesk({
    executors,
    refusal: async (_event, action) => {
      asked.push(action);
      return options.refusal ?? null;
    },
  });
  return { desk, asked, running, sessions: () => sessions };
}

const session = (sessionKey: string, senderId: string | null): SessionBinding => ({
  sessionKey,
  connectorId: "discord:default",
  conversationId: "discord:channel:1573888945341595654",
  senderId,
  createdAt: 1,
  lastUsedAt: 1,
});

describe("A command in a channel", () => {
  it("is looked at by the sender's policy first: a refused sender changes nothing and gets no answer", async () => {
    const { desk, asked, running } = scene({
      refusal: "sender_denied",
      running: ["discord:channel:1573888945341595654"],
    });
    const outcome = await desk.handleText(event("/palyra stop"));
    assert.deepEqual([outcome?.code, outcome?.reply], ["channel_command/policy_denied", null]);
    assert.equal(outcome?.audit.event, "channel.command.denied");
    assert.equal(running.size, 1);
    const unknown = await desk.handleText(event("/palyra nonsense"));
    assert.equal(unknown?.reply, null, "not even whether a command exists is told");
    assert.deepEqual(asked, ["channel.command.stop", "channel.command"]);
  });

  it("stops the answer being written for real, and says so when there is none", async () => {
    const { desk, running } = scene({ running: ["discord:channel:1573888945341595654"] });
    const stopped = await desk.handleText(event("/palyra cancel"));
    assert.equal(stopped?.reply, "Stopped: the answer to “tell me everything”.");
    assert.equal(running.size, 0);
    const again = await desk.handleText(event("/palyra stop"));
    assert.deepEqual([again?.ok, again?.code], [false, "channel_command/requires_binding"]);
  });

  it("resets the sender's session and the shared one, but not another person's", async () => {
    const mine = session("mine", "discord:user:1000000000000000002");
    const theirs = session("theirs", "discord:user:1000000000000000003");
    const { desk, sessions } = scene({ sessions: [mine, session("shared", null), theirs] });
    const kept = await desk.handleText(event("/palyra reset session_id=theirs"));
    assert.equal(kept?.ok, false);
    assert.equal(sessions().length, 3);
    const outcome = await desk.handleText(event("/palyra reset"));
    assert.equal(outcome?.ok, true);
    assert.deepEqual(
      sessions().map((one) => one.sessionKey),
      ["theirs"],
    );
  });

  it("shows status, queue and who somebody is", async () => {
    const { desk } = scene({ sessions: [session("mine", null)] });
    assert.equal(
      (await desk.handleText(event("/palyra status")))?.reply,
      "DM with Ada: 1 waiting to be answered, 1 to be sent, session mine.",
      "the written command waits too, and is not meant",
    );
    assert.match((await desk.handleNative(event(""), "status", {})).reply, /2 waiting to be answered/);
    assert.match((await desk.handleText(event("!palyra queue")))?.reply ?? "", /3 could not be sent/);
    assert.match(
      (await desk.handleText(event("/palyra who")))?.reply ?? "",
      /discord:user:1000000000000000002/,
    );
    assert.equal(await desk.handleText(event("how are you?")), null);
  });

  it("that stops says which answer was stopped, shortened when it is long, and without text when there was none", async () => {
    const running = ["discord:channel:1573888945341595654"];
    const long = scene({ running, asked: `tell\n me ${"more ".repeat(40)}` });
    const shown = (await long.desk.handleText(event("/palyra stop")))?.reply ?? "";
    assert.match(shown, /^Stopped: the answer to “tell me more .*…”\.$/);
    assert.ok(shown.length < 120, shown);
    const empty = scene({ running, asked: " " });
    assert.equal(
      (await empty.desk.handleText(event("/palyra stop")))?.reply,
      "Stopped: the answer to a message without text.",
    );
  });

  it("for help lists every command with what it does", async () => {
    const { desk } = scene();
    const lines = (await desk.handleText(event("/palyra help")))?.reply?.split("\n") ?? [];
    assert.equal(lines.length, desk.catalog.length + 1);
    assert.ok(lines.includes("stop: Stops the answer that is being written here"));
  });

  it("is urgent only when it stops something", () => {
    const { desk } = scene();
    assert.ok(desk.isUrgent(event("/palyra stop it takes too long")));
    for (const text of ["/palyra status", "stop", '/palyra stop "open', "/palyra"]) {
      assert.ok(!desk.isUrgent(event(text)), text);
    }
  });

  it("that is mistyped names the commands there are", async () => {
    const { desk } = scene();
    const outcome = await desk.handleText(event("/palyra stauts"));
    assert.equal(outcome?.code, "channel_command/unknown");
    assert.equal(
      outcome?.reply,
      "There is no such command. Commands: status, stop, reset, queue, whoami, help.",
    );
  });
});
