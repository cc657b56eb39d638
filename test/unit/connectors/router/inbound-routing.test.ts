import assert from "node:assert/strict";
import { InboundRouting, type InboundStep } from "../../../../src/connectors/router/inbound-routing.ts";
import { PairingDesk } from "../../../../src/connectors/router/pairing/pairing-desk.ts";
import type { RuleSet } from "../../../../src/connectors/router/rule-set.ts";
import type { InboundMessageEvent } from "../../../../src/contracts/connector.ts";
import { eventNumber, receivedAt } from "./event-scene.ts";
import { MemoryPairingStore } from "./pairing-scene.ts";
import { rulesOf } from "./routing-scene.ts";

describe("An event out of the inbox", () => {
  let now: number;
  let rules: RuleSet;
  let behind: InboundMessageEvent[];
  let desk: PairingDesk;
  let routing: InboundRouting;

  beforeEach(() => {
    now = receivedAt(1);
    behind = [];
    rules = rulesOf({ direct_message_policy: "allow" });
    desk = new PairingDesk({ store: new MemoryPairingStore(), rules: () => rules, now: () => now });
    routing = new InboundRouting({
      connectorId: "discord:default",
      store: { waitingBehind: (_envelope, limit) => Promise.resolve(behind.slice(0, limit)) },
      rules: () => rules,
      pairing: desk,
      now: () => now,
    });
  });

  const turnOf = async (event: InboundMessageEvent): Promise<Extract<InboundStep, { kind: "turn" }>> => {
    const step = await routing.next(event);
    assert.ok(step.kind === "turn", step.kind);
    return step;
  };

  it("becomes a turn with its plan", async () => {
    const step = await turnOf(eventNumber(1));
    assert.deepEqual(step.event, eventNumber(1));
    assert.equal(step.plan.sessionLabel, "discord:channel:7");
    assert.deepEqual(step.merged, []);
  });

  it("is ignored with the reason, under the rules as they are now", async () => {
    rules = rulesOf({ direct_message_policy: "deny" });
    assert.deepEqual(await routing.next(eventNumber(1)), {
      kind: "ignore",
      reason: "direct_message_denied_by_policy",
    });
  });

  it("waits while as many turns as allowed are in work, and is taken when one has ended", async () => {
    rules = rulesOf({ direct_message_policy: "allow", concurrency_limit: 2 });
    assert.equal(routing.turnLimit, 2);
    const [first] = await Promise.all([turnOf(eventNumber(1)), turnOf(eventNumber(2))]);
    const waiting = await routing.next(eventNumber(3));
    assert.deepEqual(waiting, { kind: "defer", reason: "concurrency_limit_reached", until: now + 1_000 });
    first.end();
    first.end();
    await turnOf(eventNumber(3));
    assert.equal((await routing.next(eventNumber(4))).kind, "defer");
  });

  it("never gets the same last place as another one", async () => {
    rules = rulesOf({ direct_message_policy: "pairing", allow_from: ["42"], concurrency_limit: 1 });
    const steps = await Promise.all([1, 2, 3].map((n) => routing.next(eventNumber(n))));
    assert.deepEqual(steps.map((step) => step.kind).sort(), ["defer", "defer", "turn"]);
  });

  it("waits for what follows, and takes it into its turn", async () => {
    const inbound_coalescing = { enabled: true, debounce_ms: 500 };
    rules = rulesOf({ direct_message_policy: "allow", concurrency_limit: 1 }, { inbound_coalescing });
    const expected = { kind: "defer", reason: "coalescing_window", until: receivedAt(1) + 500 };
    assert.deepEqual(await routing.next(eventNumber(1)), expected);
    behind = [eventNumber(2)];
    now = receivedAt(2) + 500;
    const step = await turnOf(eventNumber(1));
    assert.equal(step.event.body, "part 1\n\npart 2");
    assert.deepEqual(step.merged, [eventNumber(2).envelope_id]);
  });

  it("is answered at once when its window would be one too many", async () => {
    const inbound_coalescing = { enabled: true, debounce_ms: 500, max_tracked_keys: 1 };
    rules = rulesOf({ direct_message_policy: "allow" }, { inbound_coalescing });
    assert.equal((await routing.next(eventNumber(1))).kind, "defer");
    const other = eventNumber(2, { conversation_id: "discord:channel:8" });
    assert.equal((await routing.next(other)).kind, "turn");
    now += 500;
    const third = eventNumber(3, { conversation_id: "discord:channel:9", received_at_unix_ms: now });
    assert.equal((await routing.next(third)).kind, "defer");
  });

  it("leaves its place free when the store fails", async () => {
    const inbound_coalescing = { enabled: true, debounce_ms: 500 };
    rules = rulesOf({ direct_message_policy: "allow", concurrency_limit: 1 }, { inbound_coalescing });
    const failing = new InboundRouting({
      connectorId: "discord:default",
      store: { waitingBehind: () => Promise.reject(new Error("no disk")) },
      rules: () => rules,
      pairing: desk,
    });
    await assert.rejects(failing.next(eventNumber(1)), /no disk/);
    rules = rulesOf({ direct_message_policy: "allow", concurrency_limit: 1 });
    assert.equal((await failing.next(eventNumber(1))).kind, "turn");
  });

  it("of a stranger is answered with what to do, once, and pairing is led to its end", async () => {
    rules = rulesOf({ direct_message_policy: "pairing" });
    const reason = "direct_message_pairing_required";
    const hint = await routing.next(eventNumber(1));
    assert.ok(hint.kind === "say" && hint.reason === reason);
    assert.deepEqual(await routing.next(eventNumber(2)), { kind: "ignore", reason });
    const minted = await desk.mint("discord:default", "owner");
    assert.ok(minted.kind === "minted");
    const offer = await routing.next(eventNumber(3, { body: `pair ${minted.code.code}` }));
    assert.ok(offer.kind === "say" && offer.reason === "direct_message_pairing_code");
    assert.match(offer.text, /owner has to confirm/);
    await desk.approve("discord:default", "42", "owner");
    assert.equal((await routing.next(eventNumber(4))).kind, "turn");
  });

  it("of somebody who is denied is met with silence, also when it is a code", async () => {
    rules = rulesOf({ direct_message_policy: "pairing", deny_from: ["42"] });
    const code = eventNumber(1, { body: "pair 4K7M2XQZ" });
    assert.deepEqual(await routing.next(code), { kind: "ignore", reason: "sender_denied" });
  });
});
