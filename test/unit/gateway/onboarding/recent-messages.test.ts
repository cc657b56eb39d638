import assert from "node:assert/strict";
import { RecentMessages } from "../../../../src/gateway/onboarding/recent-messages.ts";
import { sampleEvent } from "../../connectors/store/sample-messages.ts";

describe("The messages of the last seconds", () => {
  let now = 0;
  let recent: RecentMessages;
  beforeEach(() => {
    now = 1_000_000;
    recent = new RecentMessages(() => now);
  });
  const ids = (connectorId = "discord:default"): string[] =>
    recent.of(connectorId).map(({ envelope_id }) => envelope_id);

  it("are those of one connector, in order, until they are 15 seconds old", () => {
    const [first, second] = [sampleEvent(1), sampleEvent(2)];
    recent.add(first);
    now += 14_999;
    recent.add(second);
    assert.deepEqual(ids(), [first.envelope_id, second.envelope_id]);
    assert.deepEqual(ids("discord:other"), []);
    now += 1;
    assert.deepEqual(ids(), [second.envelope_id]);
  });

  it("are at most 64, the newest ones", () => {
    const events = Array.from({ length: 65 }, (_, n) => sampleEvent(n + 1));
    for (const event of events) recent.add(event);
    assert.deepEqual(
      ids(),
      events.slice(1).map(({ envelope_id }) => envelope_id),
    );
  });

  it("are told of once, and forgotten when the rules of the connector change", () => {
    const events = [sampleEvent(1), sampleEvent(2), { ...sampleEvent(3), connector_id: "discord:other" }];
    for (const event of events) recent.add(event);
    recent.forget("discord:default", events[0]?.envelope_id);
    assert.deepEqual(ids(), [events[1]?.envelope_id]);
    recent.forget("discord:default");
    assert.deepEqual(ids(), []);
    assert.deepEqual(ids("discord:other"), [events[2]?.envelope_id]);
  });
});
