import assert from "node:assert/strict";
import { channelLogText } from "../../../../src/views/channels/channel-log.ts";
import { connectorOfArgument, connectorTraits } from "../../../../src/views/channels/connector-traits.ts";
import { connector, now } from "../sample-snapshot.ts";

describe("The item of a connector", () => {
  it("offers only what its state allows", () => {
    const queue = { inbox_pending: 0, outbox_pending: 0, dead_letters: 0 };
    assert.equal(connectorTraits(connector()), "connector discord canDisable canPause");
    assert.equal(connectorTraits(connector({ enabled: false })), "connector discord canEnable canPause");
    assert.equal(
      connectorTraits(
        connector({
          queue: { ...queue, outbox_pending: 2, dead_letters: 1 },
          saturation: { state: "paused", reasons: ["queue_paused"] },
        }),
      ),
      "connector discord canDisable canResume canDrain hasDeadLetters",
    );
    assert.equal(connectorTraits(connector({ kind: "echo" })), "connector canDisable canPause");
    const off = { state: "paused", reasons: ["connector_disabled"] } as const;
    assert.equal(
      connectorTraits(connector({ enabled: false, saturation: { ...off, reasons: [...off.reasons] } })),
      "connector discord canEnable canPause",
    );
  });

  it("names its connector to a command, and nothing else does", () => {
    assert.equal(connectorOfArgument("connector:discord:default"), "discord:default");
    assert.equal(connectorOfArgument("discord:default"), "discord:default");
    for (const other of ["service:", "warning:a b", "", 7, undefined]) {
      assert.equal(connectorOfArgument(other), null);
    }
  });
});

describe("The events of a connector as a text", () => {
  it("are in the order in which they happened, one a line, whatever is in them", () => {
    const event = (event_id: number, message: string, count: number) => ({
      event_id,
      connector_id: "discord:default",
      event_type: "outbox.retry",
      level: "warn" as const,
      message,
      details: null,
      count,
      created_at_unix_ms: now + event_id,
      last_at_unix_ms: now + event_id,
    });
    const text = channelLogText("discord:default", {
      events: [event(2, "second\nline", 3), event(1, "first", 1)],
      dead_letters: [],
    });
    assert.deepEqual(text.split("\n").slice(2, 4), [
      "2026-06-01T12:00:00.001Z warn  outbox.retry: first",
      "2026-06-01T12:00:00.002Z warn  outbox.retry: second line (3 times)",
    ]);
    assert.match(
      channelLogText("discord:default", { events: [], dead_letters: [] }),
      /Nothing has happened yet/,
    );
  });
});
