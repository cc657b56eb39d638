import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import { approvalBounds } from "../../../../src/contracts/approvals.ts";
import { approvalTimes } from "../../../../src/gateway/approvals/approval-decisions.ts";
import { ApprovalDesk, ownerActor } from "../../../../src/gateway/approvals/approval-desk.ts";
import { waitUntil } from "../../../support/vscode/wait-until.ts";
import { sampleApproval } from "../../connectors/store/contract/approvals.ts";
import { FaultyDisk } from "../../connectors/store/faulty-disk.ts";
import { openNumbers } from "../../connectors/store/numbered-rows.ts";

const allow = { verdict: "allow", by: ownerActor("terminal"), reason: null } as const;

describe("The desk of approvals", () => {
  let disk: FaultyDisk;
  let store: SqliteConnectorStore;
  let desk: ApprovalDesk;
  let ahead = 0;
  let changes = 0;

  const open = async (): Promise<void> => {
    store = new SqliteConnectorStore(await openNumbers(disk.layer, { migrations: connectorMigrations }));
    desk = new ApprovalDesk({
      store: store.approvals,
      redact: (text) => text.replaceAll("s3cret", "[redacted]"),
      changed: () => {
        changes += 1;
      },
      onFault: (thrown) => assert.ifError(thrown),
      now: () => Date.now() + ahead,
    });
    await desk.open();
  };
  beforeEach(async () => {
    ahead = 0;
    changes = 0;
    disk = new FaultyDisk();
    await open();
  });
  afterEach(async () => {
    desk.close();
    await store.close();
  });

  const tool = (digest = "d1", sentence = "Send an e-mail to Ada.") => ({
    ...sampleApproval({ subjectType: "tool", connectorId: null, digest, sentence }),
    requestedBy: { principal: "agent:main", surface: "agent" },
  });
  const ask = (digest?: string, signal = new AbortController().signal) => desk.ask(tool(digest), signal);
  const oneWaits = () => waitUntil("the request", () => desk.pending.first[0] ?? null);

  it("shows what waits, without secrets, and lets it through once when the owner allows it", async () => {
    const asked = desk.ask(tool("d1", "Send s3cret to Ada."), new AbortController().signal);
    const { approval_id: id, sentence, requested_by } = await oneWaits();
    assert.deepEqual([sentence, requested_by], ["Send [redacted] to Ada.", "agent:main"]);
    const before = changes;
    await desk.decide(id, allow);
    assert.deepEqual(await asked, { kind: "allowed", approvalId: id });
    assert.ok(changes > before);
    assert.equal(desk.pending.count, 0);
    assert.equal((await desk.use(id, "d1")).kind, "used_before");
    const events = (await store.events.list({ limit: 9 })).map(
      ({ type, connectorId }) => `${connectorId} ${type}`,
    );
    assert.deepEqual(events, [
      "gateway approval.used",
      "gateway approval.allowed",
      "gateway approval.requested",
    ]);
  });

  it("tells who asked that the owner said no, and why", async () => {
    const asked = ask();
    const { approval_id: id } = await oneWaits();
    await desk.decide(id, { ...allow, verdict: "deny", reason: "not today" });
    assert.deepEqual(await asked, { kind: "denied", approvalId: id, reason: "not today" });
    await assert.rejects(desk.decide(id, allow), { code: "conflict", message: /was denied/ });
  });

  it("refuses the word of who asked, and of nobody's approval", async () => {
    const { approvalId } = await desk.request(tool());
    const by = { principal: "agent:main", surface: "console" };
    await assert.rejects(desk.decide(approvalId, { ...allow, by }), { code: "forbidden" });
    await assert.rejects(desk.decide("nobody", allow), { code: "not_found" });
    await assert.rejects(desk.get("nobody"), { code: "not_found" });
    assert.equal((await desk.get(approvalId)).state, "pending");
  });

  it("gives one of two who ask the very same the approval, and asks again for the other", async () => {
    const both = [ask(), ask()];
    const first = await oneWaits();
    await desk.decide(first.approval_id, allow);
    const second = await waitUntil("the second question", () => {
      const [waiting] = desk.pending.first;
      return waiting !== undefined && waiting.approval_id !== first.approval_id ? waiting : null;
    });
    await desk.decide(second.approval_id, { ...allow, verdict: "deny" });
    assert.deepEqual((await Promise.all(both)).map(({ kind }) => kind).sort(), ["allowed", "denied"]);
  });

  it("lets a request expire by itself, and tells who waits", async () => {
    const asked = ask();
    const { approval_id: id } = await oneWaits();
    ahead = approvalTimes.pendingMs - 30;
    // The next change looks at the clock again.
    await desk.request(tool("d2"));
    assert.deepEqual(await asked, { kind: "expired", approvalId: id });
    assert.equal((await desk.get(id)).state, "expired");
    assert.equal(desk.pending.count, 1);
  });

  it("rests although the clock was set back by years", async () => {
    await desk.request(tool("d1"));
    ahead = -5 * 365 * 86_400_000;
    const warned: string[] = [];
    const note = ({ name }: Error): unknown => warned.push(name);
    process.on("warning", note);
    const { approvalId } = await desk.request(tool("d2"));
    await desk.decide(approvalId, { ...allow, verdict: "deny" });
    // Node.js tells of a wait that is too long for its timers, and then does not wait at all.
    await nextTurn();
    process.off("warning", note);
    assert.deepEqual(warned, []);
    assert.equal(desk.pending.count, 1);
  });

  it("takes a request back when who asked goes away", async () => {
    const leaving = new AbortController();
    const asked = ask("d1", leaving.signal);
    const { approval_id: id } = await oneWaits();
    leaving.abort(new Error("the turn was stopped"));
    await assert.rejects(asked, /the turn was stopped/);
    assert.equal((await desk.get(id)).state, "withdrawn");
    assert.equal(desk.pending.count, 0);
    await assert.rejects(ask("d1", leaving.signal), /the turn was stopped/);
    assert.equal(desk.pending.count, 0);
  });

  it("keeps what waits and what is allowed when the gateway ends at any moment", async () => {
    const waiting = ask("d1");
    const stopped = assert.rejects(waiting, { code: "service_unavailable" });
    const { approval_id: id } = await oneWaits();
    const allowed = await desk.request(tool("d2"));
    await desk.decide(allowed.approvalId, allow);
    desk.close();
    await stopped;
    await store.close();
    await open();
    assert.deepEqual(
      desk.pending.first.map(({ approval_id }) => approval_id),
      [id],
    );
    const again = ask("d1");
    await desk.decide(id, allow);
    assert.deepEqual(await again, { kind: "allowed", approvalId: id });
    assert.equal((await desk.use(allowed.approvalId, "d2")).kind, "used");
  });

  it("settles at its start what expired while the gateway was down", async () => {
    const { approvalId } = await desk.request(tool());
    desk.close();
    await store.close();
    ahead = approvalTimes.pendingMs;
    await open();
    assert.equal(desk.pending.count, 0);
    assert.equal((await desk.get(approvalId)).state, "expired");
    assert.equal((await store.events.list({ limit: 1 }))[0]?.type, "approval.expired");
  });

  it("shows the oldest of many, counts all, and refuses more than it can hold", async () => {
    for (let n = 0; n < approvalBounds.waiting; n += 1) await desk.request(tool(`d${n}`));
    assert.deepEqual(
      [desk.pending.count, desk.pending.first.length],
      [approvalBounds.waiting, approvalBounds.shown],
    );
    await assert.rejects(desk.request(tool("one more")), { code: "rate_limited" });
    const again = await desk.request(tool("d0"));
    assert.equal(again.approvalId, desk.pending.first[0]?.approval_id);
  });
});
