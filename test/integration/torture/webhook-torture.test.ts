import assert from "node:assert/strict";
import { seededRandom } from "../../torture/seeded-random.ts";
import { tortureWebhooks } from "../../torture/webhook-torture.ts";

describe("Webhooks that are delivered while the gateway is killed", () => {
  it("each have their effect exactly once", async () => {
    const figures = await tortureWebhooks({
      deliveries: 150,
      kills: 3,
      senders: 8,
      random: seededRandom(7).next,
    });
    assert.deepEqual([figures.lost, figures.doubled], [[], []]);
  });
});
