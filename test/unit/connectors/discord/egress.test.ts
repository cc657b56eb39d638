import assert from "node:assert/strict";
import { checkApiBase, mayDownload, mayRequest } from "../../../../src/connectors/discord/egress.ts";
import { emojiInPath } from "../../../../src/connectors/discord/emoji.ts";

const discord = checkApiBase("https://discord.com/api");
const local = checkApiBase("http://127.0.0.1:4000/api/");

describe("A request with the bot token", () => {
  it("goes to the configured API only, and stays below its path", () => {
    assert.ok(mayRequest("https://discord.com/api/v10/users/@me", discord));
    assert.ok(mayRequest("http://127.0.0.1:4000/api/v10/gateway/bot", local));
    for (const url of [
      "https://discord.com/other",
      "https://discord.com/apiary/v10",
      "http://discord.com/api/v10/users/@me",
      "https://discord.com:8443/api/v10/users/@me",
      "https://user@discord.com/api/v10/users/@me",
      "https://discord.com.evil.example/api/v10/users/@me",
      "https://discord.com/api/../login",
      "not an address",
    ]) {
      assert.ok(!mayRequest(url, discord), url);
    }
  });
});

describe("A file of a message", () => {
  it("is fetched from Discord's own file servers only, over https", () => {
    assert.ok(mayDownload("https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=2&hm=3", discord));
    assert.ok(mayDownload("https://media.discordapp.net/attachments/1/2/a.png", discord));
    for (const url of [
      "http://cdn.discordapp.com/attachments/1/2/a.png",
      "https://example.com/a.png",
      "https://cdn.discordapp.com.evil.example/a.png",
      "https://127.0.0.1/a.png",
      "https://[::1]/a.png",
      "https://cdn.discordapp.com:444/a.png",
      "https://a:b@cdn.discordapp.com/a.png",
      "file:///etc/passwd",
      "",
    ]) {
      assert.ok(!mayDownload(url, discord), url);
    }
  });

  it("is fetched from the configured server only, when that is another one", () => {
    assert.ok(mayDownload("http://127.0.0.1:4000/attachments/1/2/a.png", local));
    assert.ok(!mayDownload("http://127.0.0.1:4001/attachments/1/2/a.png", local));
    assert.ok(!mayDownload("https://cdn.discordapp.com/attachments/1/2/a.png", local));
  });
});

describe("An emoji", () => {
  it("of Unicode or of a server comes into a path in Discord's form", () => {
    assert.equal(emojiInPath("👍"), "%F0%9F%91%8D");
    for (const emoji of ["👍🏽", "❤️", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "🇫🇷"]) {
      assert.equal(emojiInPath(emoji), encodeURIComponent(emoji), emoji);
    }
    const custom = "party%3A1573888945341595654";
    assert.equal(emojiInPath("<:party:1573888945341595654>"), custom);
    assert.equal(emojiInPath("<a:party:1573888945341595654>"), custom);
    assert.equal(emojiInPath("party:1573888945341595654"), custom);
  });

  it("that is none does not", () => {
    for (const text of [
      "",
      " ",
      "party",
      ":party:",
      "party:1",
      "../@me",
      "👍/@me",
      "a👍",
      "👍?x",
      "x".repeat(65),
    ]) {
      assert.equal(emojiInPath(text), null, text);
    }
  });
});
