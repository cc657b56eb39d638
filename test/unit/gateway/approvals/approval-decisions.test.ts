import assert from "node:assert/strict";
import fc from "fast-check";
import type { ApprovalRecord } from "../../../../src/connectors/store/parts/approval-store.ts";
import { approvalBounds } from "../../../../src/contracts/approvals.ts";
import { connectorBounds } from "../../../../src/contracts/connector.ts";
import { MessageRecord } from "../../../../src/contracts/message-admin.ts";
import { actionDigest } from "../../../../src/gateway/approvals/action-digest.ts";
import {
  type ApprovalDraft,
  approvalTimes,
  decideApproval,
  expireApproval,
  mayDecide,
  requestApproval,
  useApproval,
  withdrawApproval,
} from "../../../../src/gateway/approvals/approval-decisions.ts";
import { mutationSentence, redactedMessage } from "../../../../src/gateway/message-governance.ts";
import { sampleApproval } from "../../connectors/store/contract/approvals.ts";

const owner = { principal: "owner", surface: "terminal" } as const;
const asker = { principal: "admin:local", surface: "admin API" } as const;
const allow = { verdict: "allow", by: owner, reason: null } as const;

describe("A risky action that is asked for", () => {
  const draft: ApprovalDraft = sampleApproval();

  it("waits for a quarter of an hour, told in one line of bounded length", () => {
    const long = { ...draft, sentence: `Delete\n${"very ".repeat(300)}much.` };
    const { record, step } = requestApproval(long, "A9", null, 0, 5);
    assert.equal(step?.type, "approval.requested");
    assert.deepEqual([record?.state, record?.expiresAt], ["pending", 5 + approvalTimes.pendingMs]);
    assert.equal(record?.sentence.length, approvalBounds.sentence);
    assert.match(record?.sentence ?? "", /^Delete very .*…$/);
  });

  it("is the one that waits already when it is the very same, unless that one's time is over", () => {
    const open = sampleApproval({ expiresAt: 100 });
    assert.deepEqual(requestApproval(draft, "A9", open, 1, 99), { result: { kind: "open", record: open } });
    assert.equal(requestApproval(draft, "A9", open, 1, 100).result.kind, "requested");
  });

  it("is refused when too many wait", () => {
    const full = requestApproval(draft, "A9", null, approvalBounds.waiting, 1);
    assert.deepEqual(full, { result: { kind: "full", waiting: approvalBounds.waiting } });
    assert.ok(requestApproval(draft, "A9", null, approvalBounds.waiting - 1, 1).record !== undefined);
  });
});

describe("The owner's word", () => {
  it("lets an action through from then on for a while, or ends it", () => {
    const allowed = decideApproval(sampleApproval(), allow, 10);
    assert.deepEqual(
      [allowed.record?.state, allowed.record?.expiresAt, allowed.record?.finishedAt, allowed.step?.type],
      ["allowed", 10 + approvalTimes.usableMs, null, "approval.allowed"],
    );
    const denied = decideApproval(sampleApproval(), { ...allow, verdict: "deny", reason: "no" }, 10);
    assert.deepEqual([denied.record?.state, denied.record?.finishedAt], ["denied", 10]);
    assert.deepEqual(denied.record?.decision, { by: owner, at: 10, reason: "no" });
  });

  it("counts once, in time, and for something that was asked", () => {
    for (const state of ["allowed", "denied", "used", "expired", "withdrawn"] as const) {
      const change = decideApproval(sampleApproval({ state }), allow, 10);
      assert.equal(change.result.kind, "not_pending", state);
      assert.equal(change.record, undefined);
    }
    const late = decideApproval(sampleApproval({ expiresAt: 10 }), allow, 10);
    assert.deepEqual([late.result.kind, late.record?.state], ["not_pending", "expired"]);
    assert.equal(decideApproval(null, allow, 10).result.kind, "unknown");
  });

  it("is heard again, and changes nothing, when the same owner says the same again because the answer got lost", () => {
    for (const verdict of ["allow", "deny"] as const) {
      const { record } = decideApproval(sampleApproval(), { ...allow, verdict }, 10);
      const again = decideApproval(record ?? null, { ...allow, verdict }, 11);
      assert.deepEqual(again, { result: { kind: "decided", record } });
      const other = verdict === "allow" ? "deny" : "allow";
      assert.equal(
        decideApproval(record ?? null, { ...allow, verdict: other }, 11).result.kind,
        "not_pending",
      );
      const stranger = { ...allow, verdict, by: { principal: "admin:else", surface: "console" } };
      assert.equal(decideApproval(record ?? null, stranger, 11).result.kind, "not_pending");
    }
    const { record } = decideApproval(sampleApproval(), allow, 10);
    const late = decideApproval(record ?? null, allow, 10 + approvalTimes.usableMs);
    assert.deepEqual([late.result.kind, late.record?.state], ["not_pending", "expired"]);
  });

  it("is never taken from who asked, nor from another name on the surface where names are only claimed", () => {
    const by = (principal: string, surface: string) => mayDecide(asker, { principal, surface });
    assert.equal(by("admin:local", "admin API"), false);
    assert.equal(by("admin:local", "console"), false);
    assert.equal(by("admin:other", "admin API"), false);
    assert.equal(by("admin:other", "console"), true);
    assert.equal(by("owner", "VS Code window"), true);
    assert.equal(mayDecide({ principal: "agent:main", surface: "agent" }, asker), true);
    const own = decideApproval(sampleApproval(), { ...allow, by: asker }, 10);
    assert.deepEqual([own.result.kind, own.record], ["own_request", undefined]);
  });
});

describe("An approval", () => {
  const allowed = sampleApproval({ state: "allowed" });

  it("lets exactly the action through that was allowed", () => {
    assert.equal(useApproval(allowed, "d1", 5).result.kind, "used");
    assert.deepEqual(useApproval(allowed, "d2", 5), { result: { kind: "other_request" } });
    assert.equal(useApproval(null, "d1", 5).result.kind, "unknown");
  });

  it("lets nothing through before it is allowed, when it is denied, or when its time is over", () => {
    const use = (more: Partial<ApprovalRecord>) =>
      useApproval(sampleApproval({ finishedAt: 1, ...more }), "d1", 5).result.kind;
    assert.equal(use({ finishedAt: null }), "pending");
    assert.equal(use({ state: "denied" }), "denied");
    assert.equal(use({ state: "used" }), "used_before");
    assert.equal(use({ state: "withdrawn" }), "withdrawn");
    const late = useApproval({ ...allowed, expiresAt: 5 }, "d1", 5);
    assert.deepEqual([late.result.kind, late.record?.state], ["expired", "expired"]);
  });

  it("is taken back only while it is open", () => {
    assert.equal(withdrawApproval(sampleApproval(), 3).record?.state, "withdrawn");
    assert.equal(withdrawApproval(sampleApproval({ state: "used", finishedAt: 2 }), 3).record, undefined);
    assert.equal(withdrawApproval(null, 3).record, undefined);
  });

  it("lets an action through at most once, only after an allow in time, whatever happens in whatever order", () => {
    const moves = fc.array(
      fc.record({
        after: fc.nat({ max: approvalTimes.pendingMs }),
        what: fc.constantFrom("allow", "deny", "own", "use", "use another", "expire", "withdraw" as const),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(moves, (steps) => {
        let now = 1;
        let record = requestApproval(sampleApproval(), "A1", null, 0, now).record ?? assert.fail();
        let allowedAt: number | null = null;
        let uses = 0;
        for (const { after, what } of steps) {
          now += after;
          const before = record;
          const change =
            what === "use" || what === "use another"
              ? useApproval(record, what === "use" ? "d1" : "d2", now)
              : what === "expire"
                ? expireApproval(record, now)
                : what === "withdraw"
                  ? withdrawApproval(record, now)
                  : decideApproval(
                      record,
                      {
                        verdict: what === "deny" ? "deny" : "allow",
                        by: what === "own" ? asker : owner,
                        reason: null,
                      },
                      now,
                    );
          record = change.record ?? record;
          assert.equal(change.record !== undefined, change.step !== undefined, "no change without an event");
          if (before.state === "pending" && record.state === "allowed") {
            assert.ok(now - before.requestedAt < approvalTimes.pendingMs && what === "allow");
            allowedAt = now;
          }
          if (before.finishedAt !== null) assert.deepEqual(record, before, "an end is an end");
          if (record.state === "used" && before.state !== "used") {
            uses += 1;
            assert.equal(what, "use");
            assert.ok(allowedAt !== null && now - allowedAt < approvalTimes.usableMs);
          }
        }
        assert.ok(uses <= 1);
      }),
    );
  });
});

describe("The digest of an action", () => {
  it("is the same however the fields are ordered, and another for anything else", () => {
    assert.equal(actionDigest({ a: 1, b: [{ c: 2, d: 3 }] }), actionDigest({ b: [{ d: 3, c: 2 }], a: 1 }));
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const isSame = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        assert.equal(actionDigest(one) === actionDigest(other), isSame);
      }),
    );
  });
});

describe("A message that is shown", () => {
  it("has no secret in what people wrote, and stays within its bounds", () => {
    const secret = "s3cret";
    const text = secret.repeat(connectorBounds.filename / secret.length);
    const file = {
      kind: "file" as const,
      attachment_id: "1",
      url: null,
      filename: text,
      content_type: null,
      size_bytes: 1,
    };
    const message: MessageRecord = {
      locator: { conversation_id: "discord:channel:1", thread_id: null, message_id: "2" },
      sender_id: "u1",
      sender_display: "Ada s3cret",
      body: "the token is s3cret, keep it",
      created_at_unix_ms: 1,
      edited_at_unix_ms: null,
      is_direct_message: false,
      is_connector_authored: false,
      link: null,
      attachments: [file, { ...file, filename: null }],
      reactions: [],
    };
    const shown = redactedMessage(message, (one) => one.replaceAll(secret, "<redacted>"));
    assert.deepEqual(
      [shown.body, shown.sender_display],
      ["the token is <redacted>, keep it", "Ada <redacted>"],
    );
    assert.ok(!JSON.stringify(shown).includes(secret));
    assert.doesNotThrow(() => MessageRecord.parse(shown));
    assert.deepEqual({ ...shown, ...message }, message);
  });
});

describe("What happens to a message", () => {
  const message = {
    sender_display: "Ada",
    sender_id: "u1",
    is_connector_authored: false,
    body: `hello\n${"world ".repeat(60)}`,
  };
  const place = "#general (discord:default)";

  it("is told to the owner in one sentence, long texts cut short", () => {
    const tell = (change: Parameters<typeof mutationSentence>[0], more = {}) =>
      mutationSentence(change, place, { ...message, ...more });
    const deleted = tell({ operation: "delete" });
    assert.match(deleted, /^Delete the message of Ada “hello world .*…” in #general \(discord:default\)\.$/);
    assert.ok(deleted.length < 250);
    assert.equal(
      tell({ operation: "edit", body: "bye" }, { is_connector_authored: true, body: "hi" }),
      "Change the bot's own message “hi” in #general (discord:default) to “bye”.",
    );
    assert.match(
      tell({ operation: "react_add", emoji: "👍" }, { body: "hi" }),
      /^Put the reaction 👍 on .* “hi”/,
    );
    assert.match(
      tell({ operation: "react_remove", emoji: "👍" }, { body: "" }),
      /^Take .* 👍 from .* without text/,
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).sort();
  return keys.map((key) => [key, sorted((value as Record<string, unknown>)[key])]).concat([["{}"]]);
}
