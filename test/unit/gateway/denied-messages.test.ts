import assert from "node:assert/strict";
import {
  type MessageRecord,
  type OperationPreflight,
  ReadMessagesRequest,
  SearchMessagesRequest,
} from "../../../src/contracts/message-admin.ts";
import { ApprovalDesk } from "../../../src/gateway/approvals/approval-desk.ts";
import { MessageDesk } from "../../../src/gateway/message-desk.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";
import { SupervisorScene } from "../connectors/supervisor/supervisor-scene.ts";

const a = "echo:alpha";
const target = { conversation_id: "echo:dm:1", thread_id: null };
const locator = { ...target, message_id: "1" };
const message: MessageRecord = {
  locator,
  sender_id: "echo:user:5",
  sender_display: "Ada",
  body: "not for the bot",
  created_at_unix_ms: Date.now(),
  edited_at_unix_ms: null,
  is_direct_message: true,
  is_connector_authored: true,
  link: null,
  attachments: [],
  reactions: [],
};
const preflight = (allowed: boolean): OperationPreflight => ({
  allowed,
  policy_action: "channel.message.read",
  approval_mode: "none",
  risk_level: "low",
  audit_event_type: "message.read",
  required_permissions: ["View Channel"],
  reason: allowed ? null : "The bot may not view the channel.",
});

describe("Messages that the bot may not read or change", () => {
  let scene: SupervisorScene;
  let desk: MessageDesk;
  let allowed = false;
  let changed = 0;

  beforeEach(async () => {
    allowed = false;
    changed = 0;
    scene = await SupervisorScene.open();
    await scene.supervisor.apply([scene.spec(a)]);
    desk = new MessageDesk(
      scene.supervisor,
      new ApprovalDesk({
        store: scene.store.approvals,
        redact: (text) => text,
        changed: () => undefined,
        onFault: (thrown) => assert.ifError(thrown),
      }),
      (text) => text,
    );
    // An adapter that hands over more than its own judgement allows.
    Object.assign(scene.adapter(a), {
      readMessages: async () => ({
        preflight: preflight(allowed),
        target,
        exact_message_id: null,
        messages: [message],
        next_before_message_id: "1",
        next_after_message_id: "1",
      }),
      searchMessages: async () => ({
        preflight: preflight(allowed),
        target,
        matches: [message],
        next_before_message_id: "1",
      }),
      editMessage: async () => {
        changed += 1;
        return {
          preflight: preflight(true),
          locator,
          status: "updated",
          reason: null,
          message: null,
          diff: null,
        };
      },
    });
  });
  afterEach(() => scene.stop());

  it("are shown by no page and no search, whatever the adapter found, and the refusal is told", async () => {
    const read = await desk.read(a, ReadMessagesRequest.parse(target));
    assert.deepEqual(
      [read.messages, read.next_before_message_id, read.next_after_message_id],
      [[], null, null],
    );
    assert.equal(read.preflight.reason, "The bot may not view the channel.");
    const found = await desk.search(a, SearchMessagesRequest.parse({ ...target, query: "bot" }));
    assert.deepEqual([found.matches, found.next_before_message_id], [[], null]);
    assert.ok(!JSON.stringify([read, found]).includes(message.body));
    await waitUntil("both events", async () => {
      const events = await scene.store.events.list({ connectorId: a, limit: 20 });
      const refusals = events.filter(({ type, level }) => type === "message.read" && level === "warn");
      return refusals.reduce((sum, { count }) => sum + count, 0) === 2;
    });
  });

  it("are neither changed nor previewed for an approval", async () => {
    const edit = () =>
      desk.mutate({
        connectorId: a,
        change: { operation: "edit", body: "changed" },
        by: { principal: "admin:local", surface: "admin API" },
        request: { locator },
        approvalId: undefined,
        run: (adapter) => adapter.editMessage?.({ locator, body: "changed" }),
      });
    await assert.rejects(edit(), { code: "not_found" });
    assert.equal(changed, 0);
    allowed = true;
    assert.ok("result" in (await edit()));
    assert.equal(changed, 1);
  });

  it("wait for nobody's word on a change that would be refused, and that is told at once", async () => {
    allowed = true;
    let mayDelete = false;
    const refusal = { locator, status: "denied", reason: "It lacks a right.", message: null, diff: null };
    Object.assign(scene.adapter(a), {
      mutationRefusal: async () => (mayDelete ? null : { ...refusal, preflight: preflight(false) }),
      deleteMessage: async () => {
        changed += 1;
        return { ...refusal, preflight: preflight(true), status: "deleted", reason: null };
      },
    });
    const remove = () =>
      desk.mutate({
        connectorId: a,
        change: { operation: "delete" },
        by: { principal: "admin:local", surface: "admin API" },
        request: { locator },
        approvalId: undefined,
        run: (adapter) => adapter.deleteMessage?.({ locator, reason: null }),
      });
    const denied = await remove();
    assert.ok("result" in denied);
    assert.deepEqual([denied.result.status, denied.result.reason], ["denied", "It lacks a right."]);
    assert.equal((await scene.store.approvals.pending(10)).count, 0);
    mayDelete = true;
    assert.ok("approval_required" in (await remove()));
    assert.equal((await scene.store.approvals.pending(10)).count, 1);
    assert.equal(changed, 0);
  });
});
