import assert from "node:assert/strict";
import fc from "fast-check";
import {
  DEFAULT_ALLOWED_MENTIONS,
  findMentions,
  linkTypedMentions,
  type MentionRules,
} from "../../../src/simulator/world/mentions.ts";

const RULES: MentionRules = {
  allowed: DEFAULT_ALLOWED_MENTIONS,
  mayMentionEveryone: false,
  isUser: (id) => id === "1" || id === "2",
  isRole: (id) => id === "7" || id === "8",
  isMentionableRole: (id) => id === "8",
  repliedUserId: null,
};

describe("Mentions in a message (Reference: Message Formatting)", () => {
  it("are people that exist, each once, in both spellings", () => {
    assert.deepEqual(findMentions("<@1> <@!1> <@2> <@99>", RULES).userIds, ["1", "2"]);
  });

  it("do not count inside code", () => {
    assert.deepEqual(findMentions("`<@1>` and ```\n<@2>\n```", RULES).userIds, []);
  });

  it("of roles need a mentionable role or the permission", () => {
    assert.deepEqual(findMentions("<@&7> <@&8>", RULES).roleIds, ["8"]);
    assert.deepEqual(findMentions("<@&7> <@&8>", { ...RULES, mayMentionEveryone: true }).roleIds, ["7", "8"]);
  });

  it("of everyone and here need the permission and allowed_mentions", () => {
    assert.equal(findMentions("@here", RULES).everyone, false);
    assert.equal(findMentions("@here", { ...RULES, mayMentionEveryone: true }).everyone, true);
    const none = { ...DEFAULT_ALLOWED_MENTIONS, parse: [] };
    assert.equal(
      findMentions("@everyone", { ...RULES, mayMentionEveryone: true, allowed: none }).everyone,
      false,
    );
  });

  it("can be limited to listed people", () => {
    const allowed = { ...DEFAULT_ALLOWED_MENTIONS, parse: [], users: ["2"] };
    assert.deepEqual(findMentions("<@1> <@2>", { ...RULES, allowed }).userIds, ["2"]);
  });
});

describe("Mentions as a person types them", () => {
  const names = {
    users: new Map([
      ["palyra", "5"],
      ["ada", "1"],
      ["ada lovelace", "2"],
    ]),
    channels: new Map([["general", "9"]]),
  };

  const cases: [string, string][] = [
    ["@palyra hello", "<@5> hello"],
    ["hi @Palyra, are you there?", "hi <@5>, are you there?"],
    ["(@palyra)", "(<@5>)"],
    ["@ada lovelace and @ada", "<@2> and <@1>"],
    ["see #general.", "see <#9>."],
    ["mail me@palyra.io", "mail me@palyra.io"],
    ["@palyrax and @nobody", "@palyrax and @nobody"],
    ["<@5> stays", "<@5> stays"],
  ];
  for (const [typed, sent] of cases) {
    it(`send "${typed}" as "${sent}"`, () => assert.equal(linkTypedMentions(typed, names), sent));
  }

  it("leave text without @ and # alone", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = text.replace(/[@#]/g, "");
        assert.equal(linkTypedMentions(plain, names), plain);
      }),
    );
  });
});
