import assert from "node:assert/strict";
import { sampleEvent, sampleReply } from "../sample-messages.ts";
import { type ContractStore, connector, other, sampleSpec } from "./contract-store.ts";

export function describeInstances(contract: ContractStore): void {
  describe("connectors", () => {
    it("keeps a connector with its spec over a restart, not yet ready and not running", async () => {
      const spec = sampleSpec({ egressAllowlist: [" Discord.COM ", "*.discord.com"] });
      const record = await contract.store.instances.upsert(spec, 7);
      assert.deepEqual(record, {
        ...spec,
        egressAllowlist: ["discord.com", "*.discord.com"],
        readiness: "unknown",
        liveness: "stopped",
        restartCount: 0,
        lastError: null,
        lastInboundAt: null,
        lastOutboundAt: null,
        createdAt: 7,
        updatedAt: 7,
        unreadable: [],
      });
      await contract.restart();
      assert.deepEqual(await contract.store.instances.get(connector), record);
      assert.equal(await contract.store.instances.get("nobody"), null);
    });

    it("changes the spec of a known connector and leaves its state and figures as they are", async () => {
      const { instances } = contract.store;
      await instances.upsert(sampleSpec(), 1);
      await instances.setRuntimeState(connector, { readiness: "ready", liveness: "running" }, 2);
      await instances.countRestart(connector, "gateway closed", 3);
      const record = await instances.upsert(sampleSpec({ principal: "p", tokenVaultRef: null }), 4);
      assert.deepEqual(
        [record.principal, record.tokenVaultRef, record.readiness, record.restartCount, record.lastError],
        ["p", null, "ready", 1, "gateway closed"],
      );
      assert.deepEqual([record.createdAt, record.updatedAt, record.liveness], [1, 4, "restarting"]);
    });

    it("lists connectors by id", async () => {
      await contract.register("slack:b");
      await contract.register("discord:a");
      assert.deepEqual(
        (await contract.store.instances.list()).map(({ connectorId }) => connectorId),
        ["discord:a", "slack:b"],
      );
    });

    it("refuses a spec that breaks a rule, naming the field", async () => {
      const faults: [Parameters<typeof sampleSpec>[0], RegExp][] = [
        [{ connectorId: " " }, /^connector_id must not be empty/],
        [{ connectorId: "x".repeat(129) }, /^connector_id is longer than 128 bytes/],
        [{ principal: "" }, /^principal must not be empty/],
        [{ egressAllowlist: ["bad host"] }, /^egress_allowlist has unsupported characters in “bad host”/],
        [{ egressAllowlist: ["*."] }, /^egress_allowlist has an empty entry/],
        [{ egressAllowlist: ["a..b"] }, /^egress_allowlist has misplaced dots/],
        [{ egressAllowlist: [".a"] }, /^egress_allowlist has misplaced dots/],
      ];
      for (const [change, message] of faults) {
        await assert.rejects(contract.store.instances.upsert(sampleSpec(change), 1), {
          code: "validation_error",
          message,
        });
      }
      assert.deepEqual(await contract.store.instances.list(), []);
    });

    it("is enabled and disabled by hand; a disabled connector is stopped", async () => {
      const { instances } = contract.store;
      await instances.upsert(sampleSpec({ enabled: false }), 1);
      const on = await instances.setEnabled(connector, true, 2);
      assert.deepEqual([on.enabled, on.liveness, on.updatedAt], [true, "starting", 2]);
      await instances.setRuntimeState(connector, { liveness: "running" }, 3);
      const off = await instances.setEnabled(connector, false, 4);
      assert.deepEqual([off.enabled, off.liveness], [false, "stopped"]);
    });

    it("takes the fields of the runtime state one by one and shortens long errors", async () => {
      const { instances } = contract.store;
      await instances.upsert(sampleSpec(), 1);
      await instances.setRuntimeState(
        connector,
        { readiness: "auth_failed", lastError: "x".repeat(5_000) },
        2,
      );
      await instances.setRuntimeState(connector, { liveness: "failed" }, 3);
      const record = await instances.get(connector);
      assert.deepEqual(
        [record?.readiness, record?.liveness, record?.lastError?.length, record?.updatedAt],
        ["auth_failed", "failed", 1_024, 3],
      );
      await instances.setRuntimeState(connector, { liveness: "failed" }, 4);
      assert.equal((await instances.get(connector))?.updatedAt, 3, "nothing changed, nothing was written");
      await instances.setRuntimeState(connector, { lastError: null }, 5);
      assert.equal((await instances.get(connector))?.lastError, null);
    });

    it("knows when the last message came in and when the last one went out", async () => {
      await contract.register();
      await contract.answer(1, 1, 10);
      assert.deepEqual((await contract.store.instances.get(connector))?.lastInboundAt, 10);
      await contract.deliver(25);
      const record = await contract.store.instances.get(connector);
      assert.deepEqual([record?.lastInboundAt, record?.lastOutboundAt], [10, 25]);
    });

    it("refuses changes of a connector that it does not know", async () => {
      const { instances } = contract.store;
      await assert.rejects(instances.setEnabled("nobody", true, 1), { code: "not_found" });
      await assert.rejects(instances.setRuntimeState("nobody", {}, 1), { code: "not_found" });
      await assert.rejects(instances.countRestart("nobody", null, 1), { code: "not_found" });
      await assert.rejects(instances.remove("nobody", "keep"), { code: "not_found" });
    });

    it("removes a connector with its queues and keeps its history, or not, as is decided", async () => {
      for (const history of ["keep", "delete"] as const) {
        const n = history === "keep" ? 10 : 20;
        await contract.register();
        await contract.register(other);
        await contract.answer(n, 1, 10, "c1");
        await contract.bury(11);
        await contract.answer(n + 1, 1, 12, "c2");
        await contract.store.acceptInbound(sampleEvent(n + 2, { conversation_id: "c3" }), null, 13);
        const elsewhere = sampleEvent(n + 3, { connector_id: other, conversation_id: "c4" });
        await contract.store.enqueueOutbound(sampleReply(elsewhere), 14);
        await contract.store.queues.pause(connector, "moving", 15);
        const event = { connectorId: connector, type: "t", level: "info", message: "m" } as const;
        await contract.store.events.append(event, 16);

        await contract.store.instances.remove(connector, history);
        await contract.restart();
        const { store } = contract;
        assert.deepEqual(
          (await store.instances.list()).map(({ connectorId }) => connectorId),
          [other],
        );
        const letters = await store.deadLetters.list(connector, { limit: 10 });
        const events = await store.events.list({ connectorId: connector, limit: 10 });
        assert.deepEqual([letters.length, events.length], history === "keep" ? [1, 1] : [0, 0]);
        assert.deepEqual(await store.queueDepth(connector), {
          inbox_pending: 0,
          outbox_pending: 0,
          dead_letters: letters.length,
        });
        assert.deepEqual([...(await store.watermarks(connector))], []);
        assert.equal(await store.nextDueAt(connector, "outbound"), null);
        assert.equal(await store.nextDueAt(connector, "inbound"), null);
        assert.equal((await store.queues.snapshot(connector, 20)).paused, false);
        assert.equal((await store.claimOutbound(other, 20, 1, 10)).length, 1);
        assert.equal(await store.acceptInbound(sampleEvent(n), null, 21), true, "it is not known any more");
        await contract.register();
        await store.instances.remove(connector, "delete");
        await store.instances.remove(other, "delete");
      }
    });

    it("makes a claim void when its connector is removed", async () => {
      await contract.register();
      await contract.answer(1, 1, 10);
      const row = await contract.claimOne(11);
      await contract.store.instances.remove(connector, "keep");
      assert.equal(await contract.store.markDelivered(row.outboxId, row.claim, "m", 12), false);
      assert.equal((await contract.store.queueDepth(connector)).outbox_pending, 0);
    });
  });
}
