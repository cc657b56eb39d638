import assert from "node:assert/strict";
import fc from "fast-check";
import {
  coalescingKey,
  decideCoalescing,
  maxMergedMessages,
  mergeEvents,
  type WaitingEvents,
} from "../../../../src/connectors/router/coalesce.ts";
import type { InboundMessageEvent } from "../../../../src/contracts/connector.ts";
import { CoalescingConfig } from "../../../../src/contracts/router-config.ts";
import { eventNumber, image, receivedAt } from "./event-scene.ts";

const policy = CoalescingConfig.parse({ enabled: true, debounce_ms: 500 });
const decide = (
  waiting: readonly InboundMessageEvent[],
  at: number,
  change: Partial<CoalescingConfig> = {},
  trackedKeys = 0,
) =>
  decideCoalescing(
    waiting as unknown as WaitingEvents,
    { ...policy, ...change },
    {
      now: at,
      trackedKeys,
      maxBytes: 1_000,
    },
  );
/** What happens, as a text: `wait` or the reason and the numbers of the messages. */
const outcome = (...given: Parameters<typeof decide>): string => {
  const decision = decide(...given);
  if (decision.kind === "wait") return "wait";
  return `${decision.reason} ${decision.events.map((event) => event.provider_message_id).join(",")}`;
};
const first = eventNumber(1);
const second = eventNumber(2);

describe("Messages in quick succession", () => {
  it("wait for the next one, and every one begins the wait anew", () => {
    assert.deepEqual(decide([first], receivedAt(1)), { kind: "wait", until: receivedAt(1) + 500 });
    assert.deepEqual(decide([first, second], receivedAt(2)), { kind: "wait", until: receivedAt(2) + 500 });
    assert.equal(outcome([first, second], receivedAt(2) + 500), "window_closed 1,2");
  });

  it("are answered one by one when that is switched off", () => {
    assert.equal(outcome([first, second], receivedAt(2), { enabled: false }), "policy_disabled 1");
    assert.equal(outcome([first, second], receivedAt(2), { debounce_ms: 0 }), "policy_disabled 1");
  });

  it("never wait when they are commands or have attachments", () => {
    const command = eventNumber(1, { body: " /palyra stop" });
    assert.equal(outcome([command, second], receivedAt(2)), "command_bypass 1");
    assert.equal(outcome([command], receivedAt(1), { bypass_commands: false }), "wait");
    const media = eventNumber(1, { attachments: [image("a")] });
    assert.equal(outcome([media], receivedAt(1)), "media_bypass 1");
    assert.equal(outcome([media], receivedAt(1), { bypass_media: false }), "wait");
  });

  it("are answered at once when a command or somebody else comes, so that nobody is held up or overtaken", () => {
    const command = eventNumber(2, { body: "!palyra status" });
    assert.equal(outcome([first, command], receivedAt(2)), "interrupted 1");
    const other = eventNumber(2, { sender_id: "discord:user:43" });
    assert.equal(outcome([first, other, eventNumber(3)], receivedAt(3)), "interrupted 1");
  });

  it("never take a command for a part of the question, also where commands may wait", () => {
    const command = eventNumber(2, { body: "/palyra status" });
    const mayWait = { bypass_commands: false };
    assert.equal(outcome([first, command, eventNumber(3)], receivedAt(3), mayWait), "interrupted 1");
  });

  it("are not answered together with one that calls everybody: that one is allowed or refused for itself", () => {
    const toAll = eventNumber(2, { requested_broadcast: true });
    assert.equal(outcome([first, toAll], receivedAt(2)), "interrupted 1");
    assert.equal(outcome([toAll, eventNumber(3)], receivedAt(3)), "interrupted 2");
    const alsoToAll = eventNumber(3, { requested_broadcast: true });
    assert.equal(outcome([toAll, alsoToAll], receivedAt(3) + 500), "window_closed 2,3");
  });

  it("have one key for a person in a conversation, and different ones for others and threads", () => {
    const keys = [
      first,
      eventNumber(2, { conversation_id: "discord:channel:8" }),
      eventNumber(3, { sender_id: "discord:user:43" }),
      eventNumber(4, { connector_id: "discord:work" }),
    ].map(coalescingKey);
    assert.equal(new Set(keys).size, 4);
    assert.equal(coalescingKey(first), coalescingKey(second));
  });

  it("are not made to wait when too many people are waited for already", () => {
    const reason = "inbound_coalescing/max_tracked_keys_exceeded 1";
    assert.equal(outcome([first, second], receivedAt(2), { max_tracked_keys: 1 }, 1), reason);
    assert.equal(outcome([first, second], receivedAt(2), { max_tracked_keys: 2 }, 1), "wait");
  });

  it("do not keep somebody who never stops writing from an answer", () => {
    const many = Array.from({ length: 17 }, (_, index) =>
      eventNumber(index + 1, { received_at_unix_ms: receivedAt(1) + index * 300 }),
    );
    assert.equal(outcome(many, receivedAt(1) + 4_999), "wait");
    assert.match(outcome(many, receivedAt(1) + 5_000), /^longest_wait 1,.*,17$/);
  });

  it("are answered at once after the clock was set back, not when it has caught up", () => {
    assert.equal(outcome([first, second], receivedAt(2) - 3_600_000), "window_closed 1,2");
  });

  it("are at most as many, and as long together, as one message may be", () => {
    const many = Array.from({ length: 40 }, (_, index) => eventNumber(index + 1));
    const decision = decide(many, receivedAt(40));
    assert.ok(decision.kind === "turn" && decision.reason === "full");
    assert.equal(decision.events.length, maxMergedMessages);
    const long = eventNumber(2, { body: "x".repeat(995) });
    assert.equal(outcome([first, long], receivedAt(2)), "full 1");
    const pictures = Array.from({ length: 20 }, (_, index) => image(String(index)));
    const withMany = [1, 2].map((n) => eventNumber(n, { attachments: pictures }));
    assert.equal(outcome(withMany, receivedAt(2), { bypass_media: false }), "full 1");
  });

  it("become one event with all texts and attachments, and say where each part came from", () => {
    const parts = [
      eventNumber(1, { body: " hello ", mentions_bot: true }),
      eventNumber(2, { body: " ", attachments: [image("a")] }),
      eventNumber(3, { body: "what is new?", attachments: [image("b")] }),
    ];
    const merged = mergeEvents(parts as unknown as WaitingEvents);
    assert.deepEqual(merged.event, {
      ...eventNumber(1),
      body: "hello\n\nwhat is new?",
      mentions_bot: true,
      provider_message_id: "3",
      attachments: [
        { ...image("a"), provider_message_id: "2" },
        { ...image("b"), provider_message_id: "3" },
      ],
    });
    assert.deepEqual(
      merged.parts.map(({ order, provider_message_id, bytes, has_media }) => [
        order,
        provider_message_id,
        bytes,
        has_media,
      ]),
      [
        [0, "1", 7, false],
        [1, "2", 1, true],
        [2, "3", 12, true],
      ],
    );
    assert.deepEqual(mergeEvents([first]).event, first);
  });

  it("are each in exactly one turn, in their order, whoever writes what when", () => {
    const message = fc.record({
      sender_id: fc.constantFrom("discord:user:1", "discord:user:2"),
      body: fc.constantFrom("a", "/palyra stop", "", "x".repeat(400)),
      media: fc.boolean(),
      gap: fc.integer({ min: 0, max: 900 }),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
        let at = 0;
        const all = messages.map(({ sender_id, body, media, gap }, index) => {
          at += gap;
          return eventNumber(index, {
            sender_id,
            body,
            attachments: media ? [image("a")] : [],
            received_at_unix_ms: at,
          });
        });
        const taken: string[] = [];
        let now = 0;
        for (let waits = 0; taken.length < all.length; ) {
          const waiting = all.slice(taken.length).filter((event) => event.received_at_unix_ms <= now);
          if (waiting.length === 0) {
            now = all[taken.length]?.received_at_unix_ms ?? now;
            continue;
          }
          const decision = decide(waiting, now);
          if (decision.kind === "wait") {
            waits += 1;
            assert.ok(decision.until > now, "a wait ends");
            assert.ok(waits < 100, "there is progress");
            const next = all.find((event) => event.received_at_unix_ms > now)?.received_at_unix_ms;
            now = Math.min(decision.until, next ?? decision.until);
            continue;
          }
          assert.equal(new Set(decision.events.map(coalescingKey)).size, 1);
          taken.push(...decision.events.map((event) => event.envelope_id));
        }
        assert.deepEqual(
          taken,
          all.map((event) => event.envelope_id),
        );
      }),
    );
  });
});
