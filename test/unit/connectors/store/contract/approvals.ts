import assert from "node:assert/strict";
import type { ApprovalRecord } from "../../../../../src/connectors/store/parts/approval-store.ts";
import { retention } from "../../../../../src/connectors/store/retention.ts";
import { type ContractStore, connector, day, other } from "./contract-store.ts";

/** A request that waits, with what a test cares about. */
export function sampleApproval(more: Partial<ApprovalRecord> = {}): ApprovalRecord {
  return {
    approvalId: "A1",
    subjectType: "message",
    subjectId: "channel-message:1",
    connectorId: connector,
    action: "channel.message.delete",
    resource: "channel:1",
    policyReason: "delete age_bucket=fresh",
    risk: "high",
    sentence: "Delete the message “hello”.",
    digest: "d1",
    requestedBy: { principal: "admin:local", surface: "admin API" },
    requestedAt: 1,
    state: "pending",
    expiresAt: 1_000,
    decision: null,
    finishedAt: null,
    ...more,
  };
}

export function describeApprovals(contract: ContractStore): void {
  describe("risky actions that wait for the owner", () => {
    const put = (record: ApprovalRecord, now = 1) =>
      contract.store.approvals.update(record.approvalId, now, () => ({ record, result: null }));
    const ids = (records: readonly ApprovalRecord[]) => records.map(({ approvalId }) => approvalId);

    it("are kept with everything about them, over a restart", async () => {
      const asked = sampleApproval({ connectorId: null });
      const allowed = sampleApproval({
        approvalId: "A2",
        state: "allowed",
        expiresAt: 2_000,
        decision: { by: { principal: "owner", surface: "terminal" }, at: 5, reason: "mine" },
      });
      await put(asked);
      await put(sampleApproval({ approvalId: "A2" }));
      await put(allowed);
      await contract.restart();
      assert.deepEqual(await contract.store.approvals.get("A1"), asked);
      assert.deepEqual(await contract.store.approvals.get("A2"), allowed);
      assert.equal(await contract.store.approvals.get("A3"), null);
    });

    it("are changed one after the other, each change with its event or not at all", async () => {
      await put(sampleApproval());
      const use = () =>
        contract.store.approvals.update("A1", 7, (record) =>
          record === null || record.finishedAt !== null
            ? { result: false }
            : {
                record: { ...record, state: "used" as const, finishedAt: 7 },
                step: { type: "approval.used" as const, level: "info" as const, message: "Used." },
                result: true,
              },
        );
      assert.deepEqual(await Promise.all([use(), use(), use()]), [true, false, false]);
      await contract.restart();
      assert.equal(await use(), false);
      const [event, ...more] = await contract.store.events.list({ limit: 5 });
      assert.deepEqual([event?.type, event?.connectorId, more], ["approval.used", connector, []]);
      assert.equal(event?.details?.approval_id, "A1");
      const fails = contract.store.approvals.update("A1", 8, () => {
        throw new Error("no");
      });
      await assert.rejects(fails, /no/);
    });

    it("are found again by who asked for the very same, while they are open", async () => {
      const same = (principal: string, digest = "d1") =>
        contract.store.approvals.request(digest, principal, 2, (record, pending) => ({
          result: [record?.approvalId ?? null, pending],
        }));
      await put(sampleApproval());
      await put(sampleApproval({ approvalId: "A2", digest: "d2", state: "denied", finishedAt: 1 }));
      assert.deepEqual(await same("admin:local"), ["A1", 1]);
      assert.deepEqual(await same("admin:other"), [null, 1]);
      assert.deepEqual(await same("admin:local", "d2"), [null, 1]);
    });

    it("are listed newest first, by page and by filter", async () => {
      await put(sampleApproval());
      await put(sampleApproval({ approvalId: "A2", subjectType: "tool", subjectId: "t", requestedAt: 5 }));
      await put(
        sampleApproval({
          approvalId: "A3",
          state: "denied",
          finishedAt: 9,
          requestedBy: { principal: "agent", surface: "agent" },
        }),
      );
      const { approvals } = contract.store;
      assert.deepEqual(ids(await approvals.list({ limit: 2 })), ["A3", "A2"]);
      assert.deepEqual(ids(await approvals.list({ limit: 2, before: "A2" })), ["A1"]);
      assert.deepEqual(ids(await approvals.list({ limit: 9, states: ["pending"] })), ["A2", "A1"]);
      assert.deepEqual(ids(await approvals.list({ limit: 9, subjectType: "tool", subjectId: "t" })), ["A2"]);
      assert.deepEqual(ids(await approvals.list({ limit: 9, principal: "agent" })), ["A3"]);
      assert.deepEqual(ids(await approvals.list({ limit: 9, since: 2, until: 6 })), ["A2"]);
    });

    it("are counted, the oldest first, and known to be due", async () => {
      const { approvals } = contract.store;
      assert.equal(await approvals.nextDueAt(), null);
      await put(sampleApproval({ approvalId: "A2", expiresAt: 500 }));
      await put(sampleApproval());
      await put(sampleApproval({ approvalId: "A3", state: "used", expiresAt: 10, finishedAt: 5 }));
      const { count, first } = await approvals.pending(1);
      assert.deepEqual([count, ids(first)], [2, ["A1"]]);
      assert.equal(await approvals.nextDueAt(), 500);
      assert.deepEqual(ids(await approvals.due(499, 9)), []);
      assert.deepEqual(ids(await approvals.due(1_000, 9)), ["A2", "A1"]);
    });

    it("go with their connector, and are forgotten a month after their end, but never while they are open", async () => {
      await put(sampleApproval({ connectorId: other }));
      await put(sampleApproval({ approvalId: "A2", state: "used", finishedAt: 0 }));
      await put(sampleApproval({ approvalId: "A3" }));
      await put(sampleApproval({ approvalId: "A4", state: "denied", finishedAt: day }));
      await contract.store.prune(retention.approvals.maxAgeMs);
      assert.deepEqual(ids(await contract.store.approvals.list({ limit: 9 })), ["A4", "A3", "A1"]);
      await contract.register(other);
      await contract.store.instances.remove(other, "keep");
      assert.deepEqual(ids(await contract.store.approvals.list({ limit: 9 })), ["A4", "A3"]);
    });
  });
}
