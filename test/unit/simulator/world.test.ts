import assert from "node:assert/strict";
import { createDefaultWorld } from "../../../src/simulator/world/default-world.ts";
import { World } from "../../../src/simulator/world/world.ts";

describe("The simulated world", () => {
  function lab() {
    let now = 1_700_000_000_000;
    const world = new World(() => now);
    return { world, ...createDefaultWorld(world, "token"), later: (ms: number) => (now += ms) };
  }

  it("finds every message, and none that was deleted or never written", () => {
    const { world, general, people, later } = lab();
    const written = Array.from({ length: 100 }, (_, index) => {
      later(index % 3);
      return world.addMessage(general, { authorId: people.ada.id, content: String(index) });
    });
    for (const message of written) assert.equal(world.findMessage(general, message.id), message);
    const [first] = written;
    assert.ok(first);
    world.removeMessage(general, first.id);
    assert.equal(world.findMessage(general, first.id), undefined);
    assert.equal(world.findMessage(general, "1"), undefined);
    assert.equal(world.findMessage(general, "9".repeat(18)), undefined);
  });

  it("opens one direct-message channel for two users, whoever asks", () => {
    const { world, people, bot } = lab();
    assert.equal(
      world.directChannel(people.ada.id, bot.userId),
      world.directChannel(bot.userId, people.ada.id),
    );
  });

  it("tells of a reaction once, however often it is given", () => {
    const { world, general, people } = lab();
    const message = world.addMessage(general, { authorId: people.ada.id, content: "hi" });
    const told: string[] = [];
    world.onEvent((event) => told.push(event.type));
    world.addReaction(message, people.grace.id, "👍");
    world.addReaction(message, people.grace.id, "👍");
    world.removeReaction(message, people.grace.id, "👍");
    world.removeReaction(message, people.grace.id, "👍");
    assert.deepEqual(told, ["reactionAdded", "reactionRemoved"]);
    assert.deepEqual(message.reactions, []);
  });
});
