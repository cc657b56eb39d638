import assert from "node:assert/strict";
import { webhookOfArgument } from "../../../../src/views/webhooks/webhook-argument.ts";
import { webhookNodes } from "../../../../src/views/webhooks/webhook-nodes.ts";

describe("The item of the webhooks", () => {
  it("asks which webhook is meant, also where one has the name of the item", () => {
    const [item] = webhookNodes({ total: 1, ready: 1, quarantined: 0, deliveries: null });
    assert.equal(webhookOfArgument(item?.id), null);
    assert.equal(webhookOfArgument("GitHub_Repo"), "github_repo");
    for (const other of ["service:gateway", "", undefined, 7]) assert.equal(webhookOfArgument(other), null);
  });
});
