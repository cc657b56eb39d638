import assert from "node:assert/strict";
import fc from "fast-check";
import {
  canonicalConversation,
  canonicalListEntry,
  canonicalRole,
  canonicalSender,
  providerOf,
} from "../../../../src/connectors/router/canonical-ids.ts";
import { keyComponent, routeKey, sessionKey } from "../../../../src/connectors/router/route-keys.ts";

describe("Canonical ids", () => {
  it("of a person are the same for a raw id, both kinds of mention and the canonical form", () => {
    const forms = ["1234567890", " 1234567890 ", "<@1234567890>", "<@!1234567890>", "user:1234567890"];
    for (const form of [...forms, "discord:user:1234567890", "DISCORD:User:1234567890"]) {
      assert.equal(canonicalSender("discord", form), "discord:user:1234567890", form);
      assert.equal(canonicalListEntry("discord", form), "discord:user:1234567890", form);
    }
  });

  it("of nobody say so", () => {
    assert.equal(canonicalSender("discord", "   "), "discord:user:unknown");
    assert.equal(canonicalConversation("discord", ""), "discord:channel:unknown");
    assert.equal(canonicalListEntry("discord", "  "), null);
  });

  it("of a role are told from those of a person", () => {
    for (const form of ["<@&77>", "role:77", "discord:role:77"]) {
      assert.equal(canonicalListEntry("discord", form), "discord:role:77", form);
    }
  });

  it("of a thread are those of a conversation", () => {
    assert.equal(canonicalConversation("discord", " thread:Thread-42 "), "discord:channel:thread-42");
    assert.equal(canonicalConversation("discord", "<#42>"), "discord:channel:42");
  });

  it("stay what they are when they are made canonical again", () => {
    const piece = fc.constantFrom(
      "discord:",
      "user:",
      "channel:",
      "role:",
      "<@",
      "<@!",
      "<@&",
      "<#",
      ">",
      " ",
      "4",
    );
    const raw = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(raw, (text) => {
        for (const canonical of [canonicalSender, canonicalRole, canonicalConversation]) {
          const once = canonical("discord", text);
          assert.equal(canonical("discord", once), once);
        }
        const entry = canonicalListEntry("discord", text);
        if (entry !== null) assert.equal(canonicalListEntry("discord", entry), entry);
      }),
    );
  });

  it("know their provider by the connector, in any case", () => {
    assert.equal(providerOf(" Discord:default"), "discord");
  });
});

describe("Keys of conversations and sessions", () => {
  it("write what is not a letter, digit, dot, hyphen or underscore as bytes", () => {
    assert.equal(keyComponent("support:team"), "support~3ateam");
    assert.equal(keyComponent("  "), "default");
    assert.equal(keyComponent("Ž"), "~c5~bd");
    assert.equal(
      routeKey("discord:default", "discord:channel:123"),
      "channel:discord:default:conversation:discord~3achannel~3a123",
    );
    assert.equal(routeKey("echo:a", null), "channel:echo:a:conversation:default");
  });

  it("end with the sender when sessions are kept apart", () => {
    assert.equal(sessionKey("r", "U123", true), "r:sender:U123");
    assert.equal(sessionKey("r", null, true), "r:sender:unknown");
    assert.equal(sessionKey("r", "U123", false), "r");
  });

  it("differ for different ids", () => {
    const id = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(id, id, (a, b) => {
        fc.pre(a !== b && a !== "default" && b !== "default");
        assert.notEqual(keyComponent(a), keyComponent(b));
        assert.match(keyComponent(a), /^[A-Za-z0-9._~-]+$/);
      }),
    );
  });
});
