import assert from "node:assert/strict";
import { targetConversation, WebhookTarget } from "../../../../src/contracts/webhook.ts";

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

  it("is refused, with the right spelling, when no message could ever reach it", () => {
    const target = {
      mode: "message",
      connector_id: "discord:default",
      conversation_id: "1573959225342689286",
    };
    const issue = WebhookTarget.safeParse(target).error?.issues[0];
    assert.deepEqual(issue?.path, ["conversation_id"]);
    assert.match(issue?.message ?? "", /discord:channel:/);
  });
});
