import assert from "node:assert/strict";
import { targetOf } from "../../../src/cli/commands/webhooks/add.ts";
import { deliveriesAnswer } from "../../../src/cli/commands/webhooks/deliveries.ts";
import { listAnswer } from "../../../src/cli/commands/webhooks/list.ts";
import { paintFor } from "../../../src/cli/terminal.ts";
import type { WebhookTarget } from "../../../src/contracts/webhook.ts";

const paint = paintFor({ write: () => true }, {}, true);

describe("palyra webhooks add", () => {
  const before: WebhookTarget = {
    mode: "agent",
    connector_id: "discord:default",
    conversation_id: "discord:channel:1",
  };
  const place = { toConnector: "discord:ops", toConversation: "2" };
  const moved = { connector_id: "discord:ops", conversation_id: "discord:channel:2" };

  it("changes of the target what is said, and leaves the rest as it is", async () => {
    const there = async (): Promise<WebhookTarget | null> => before;
    assert.deepEqual(await targetOf(place, there), { mode: "agent", ...moved });
    assert.deepEqual(await targetOf({ mode: "message" }, there), { ...before, mode: "message" });
    assert.deepEqual(await targetOf({ ...place, mode: "message" }, there), { mode: "message", ...moved });
    assert.equal(await targetOf({}, there), null);
  });

  it("posts the text as it is for a new target, and refuses a mode that is for none", async () => {
    const none = async (): Promise<WebhookTarget | null> => null;
    assert.deepEqual(await targetOf(place, none), { mode: "message", ...moved });
    await assert.rejects(targetOf({ mode: "agent" }, none), {
      code: "validation_error",
      message: "A target needs both --to-connector and --to-conversation.",
    });
  });
});

describe("A list of webhooks or deliveries with nothing in it", () => {
  const nothing = { integrations: [], quarantined: [], warnings: [] };
  const broken = { integration_id: "one", line: 7, field: "", message: "is wrong" };

  it("says whether there may be others", () => {
    const lines = (answer: Parameters<typeof listAnswer>[0], isFiltered: boolean): string =>
      listAnswer(answer, isFiltered).lines(paint, 0, 80).join("\n");
    assert.match(lines(nothing, false), /There is no webhook yet/);
    assert.equal(lines(nothing, true), "No webhook is like that. “palyra webhooks list” shows all.");
    assert.equal(
      lines({ ...nothing, quarantined: [broken] }, false),
      "No webhook is in force.\nnot in force one in line 7: is wrong",
    );
    const none = { deliveries: [], next_before: null };
    assert.deepEqual(deliveriesAnswer(none, false).lines(paint, 0, 80), ["Nothing came in."]);
    assert.deepEqual(deliveriesAnswer(none, true).lines(paint, 0, 80), ["No delivery is like that."]);
  });
});
