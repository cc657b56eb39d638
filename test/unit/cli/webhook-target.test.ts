import assert from "node:assert/strict";
import { targetConversation } from "../../../src/cli/commands/webhooks/add.ts";

describe("The channel a webhook delivers to", () => {
  it("may be given with the id that Discord shows", () => {
    assert.equal(
      targetConversation("discord:default", "1573959225342689286"),
      "discord:channel:1573959225342689286",
    );
  });

  it("is taken as it is when it is canonical, or of another provider", () => {
    assert.equal(targetConversation("discord:default", "discord:channel:1"), "discord:channel:1");
    assert.equal(targetConversation("echo:default", "42"), "42");
  });
});
