import assert from "node:assert/strict";
import { type Asked, judge, type Seen } from "../../torture/judge.ts";

const asked = (messageId: string, ...answer: string[]): Asked => ({
  messageId,
  conversation: "general",
  answer,
});
const reply = (repliesTo: string | null, text: string): Seen => ({ text, repliesTo });
const verdictOn = (messages: readonly Asked[], ...seen: Seen[]) => {
  const { written, answered, lost, duplicated, outOfOrder } = judge(messages, new Map([["general", seen]]));
  return { written, answered, lost, duplicated, outOfOrder };
};
const clean = { lost: 0, duplicated: 0, outOfOrder: 0 };

describe("The judge of a torture run", () => {
  it("finds nothing when every message has its answer, in order", () => {
    const messages = [asked("1", "a"), asked("2", "b one", "b two"), asked("3", "c")];
    const seen = [reply("1", "a"), reply("2", "b one"), reply(null, "b two"), reply("3", "c")];
    assert.deepEqual(verdictOn(messages, ...seen), { ...clean, written: 3, answered: 3 });
  });

  it("does not ask for an answer to what was not meant for the bot, and sees one", () => {
    const aside = asked("1");
    assert.deepEqual(verdictOn([aside]), { ...clean, written: 0, answered: 0 });
    assert.deepEqual(verdictOn([aside], reply("1", "m0 aside")), {
      ...clean,
      written: 0,
      answered: 0,
      duplicated: 1,
    });
  });

  it("counts a message without an answer, or with a part of it, as lost", () => {
    assert.deepEqual(verdictOn([asked("1", "a"), asked("2", "b one", "b two")], reply("2", "b one")), {
      ...clean,
      written: 2,
      answered: 0,
      lost: 2,
    });
  });

  it("counts every further appearance of an answer", () => {
    assert.deepEqual(verdictOn([asked("1", "a")], reply("1", "a"), reply("1", "a"), reply("1", "a")), {
      ...clean,
      written: 1,
      answered: 1,
      duplicated: 2,
    });
  });

  it("does not take an answer to another message for the right one", () => {
    const verdict = verdictOn([asked("1", "a"), asked("2", "b")], reply("2", "a"), reply("2", "b"));
    assert.deepEqual(verdict, { ...clean, written: 2, answered: 1, lost: 1, duplicated: 1 });
  });

  it("counts answers that come after one they belong before", () => {
    const messages = [asked("1", "a"), asked("2", "b"), asked("3", "c")];
    const seen = [reply("3", "c"), reply("1", "a"), reply("2", "b")];
    assert.deepEqual(verdictOn(messages, ...seen), { ...clean, written: 3, answered: 3, outOfOrder: 2 });
  });

  it("compares the order within a conversation only", () => {
    const elsewhere = { messageId: "1", conversation: "random", answer: ["a"] };
    const seen = new Map([
      ["general", [reply("2", "b")]],
      ["random", [reply("1", "a")]],
    ]);
    assert.equal(judge([elsewhere, asked("2", "b")], seen).outOfOrder, 0);
  });

  it("says in words what it found", () => {
    const { findings } = judge([asked("1", "a")], new Map([["general", [reply(null, "z")]]]));
    assert.deepEqual(findings, ["general: “z” answers nothing", "general: message 1 has no “a”"]);
  });
});
