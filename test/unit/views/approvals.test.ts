import assert from "node:assert/strict";
import type { PendingApproval } from "../../../src/contracts/approvals.ts";
import { approvalOfArgument, isShownApproval, newApprovals } from "../../../src/views/approval-actions.ts";
import { commandIds } from "../../../src/views/contribution-ids.ts";
import { overviewNodes } from "../../../src/views/overview-nodes.ts";
import { statusPresentation } from "../../../src/views/status-presentation.ts";
import { initialViewState, type ViewState } from "../../../src/views/view-state.ts";
import { failed, gateway, now, opened } from "./sample-snapshot.ts";

function approval(id: string, more: Partial<PendingApproval> = {}): PendingApproval {
  return {
    approval_id: id,
    sentence: "Delete the message of Ada “[hi](command:x)”.",
    risk: "high",
    requested_by: "admin:local",
    requested_at_unix_ms: now - 60_000,
    expires_at_unix_ms: now + 600_000,
    ...more,
  };
}

function waiting(first: readonly PendingApproval[], count = first.length): ViewState {
  const told = gateway([]);
  assert.ok(told !== null);
  const status = { ...told.status, approvals: { count, first: [...first] } };
  return opened({ gateway: { ...told, status } });
}

describe("Approvals in the editor", () => {
  it("are told to a screen reader too, where others see the colour of the status bar item", () => {
    const { attention, accessibilityLabel } = statusPresentation(waiting([approval("A1")], 2));
    assert.equal(attention, "warning");
    assert.equal(accessibilityLabel, "Palyra: Healthy. Both services run. 2 approvals wait for you.");
  });

  it("are items of the overview with what would happen, who asks and how risky it is", () => {
    const group = overviewNodes(waiting([approval("A1")], 3), now).find(({ id }) => id === "approvals");
    const [item, more] = group?.children ?? [];
    assert.deepEqual(
      [item?.id, item?.label, item?.description, item?.contextValue],
      ["approval:A1", approval("A1").sentence, "high risk · admin:local", "approval"],
    );
    assert.match(item?.tooltip ?? "", /10 min left to decide/);
    assert.deepEqual([more?.id, more?.description], ["approvals/more", "2"]);
    const quiet = overviewNodes(waiting([]), now).map(({ id }) => id);
    assert.ok(!quiet.includes("approvals"));
  });

  it("are counted in the status bar, the oldest with its two answers, and nothing in its text is a link", () => {
    const { tooltip, attention } = statusPresentation(waiting([approval("A1"), approval("A2")]));
    assert.match(tooltip, /2 approvals wait for you: Delete/);
    const id = encodeURIComponent(JSON.stringify(["A1"]));
    assert.ok(tooltip.includes(`(command:${commandIds.allowApproval}?${id})`));
    assert.ok(tooltip.includes(`(command:${commandIds.denyApproval}?${id})`));
    assert.ok(!tooltip.includes("(command:x)"));
    assert.equal(attention, "warning");
    assert.equal(statusPresentation(waiting([])).attention, "none");
    assert.equal(
      statusPresentation(opened({ overall_status: "down", services: [failed()] })).attention,
      "error",
    );
  });

  it("are news once, when they begin to wait, and not when the window opens", () => {
    const ids = (before: ViewState, after: ViewState) =>
      newApprovals(before, after).map(({ approval_id }) => approval_id);
    const one = waiting([approval("A1")]);
    const two = waiting([approval("A1"), approval("A2")]);
    assert.deepEqual(ids(initialViewState, one), []);
    assert.deepEqual(ids(opened(), one), [], "the gateway has just been found");
    assert.deepEqual(ids(waiting([]), one), ["A1"]);
    assert.deepEqual(ids(one, two), ["A2"]);
    assert.deepEqual(ids(two, two), []);
    assert.deepEqual(ids(two, one), []);
  });

  it("are named to a command by the item or by the id itself, and decided by the panel only while they are shown", () => {
    assert.equal(approvalOfArgument("approval:A1"), "A1");
    assert.equal(approvalOfArgument("A1"), "A1");
    for (const nothing of [undefined, "", "approval:", { id: "A1" }]) {
      assert.equal(approvalOfArgument(nothing), null);
    }
    const state = waiting([approval("A1")]);
    assert.deepEqual([isShownApproval(state, "A1"), isShownApproval(state, "A2")], [true, false]);
    assert.equal(isShownApproval(initialViewState, "A1"), false);
  });
});
