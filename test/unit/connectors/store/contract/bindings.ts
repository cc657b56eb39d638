import assert from "node:assert/strict";
import { retention } from "../../../../../src/connectors/store/retention.ts";
import { type ContractStore, connector, day, other } from "./contract-store.ts";

export function describeBindings(contract: ContractStore): void {
  describe("sessions and their conversations", () => {
    const touch = (sessionKey: string, now: number, conversationId = "c1", senderId: string | null = null) =>
      contract.store.bindings.touch({ sessionKey, connectorId: connector, conversationId, senderId }, now);

    it("are bound by the first use and remembered with the last one", async () => {
      const first = await touch("s1", 5, "c1", "u1");
      assert.equal(first.created, true);
      const again = await touch("s1", 9, "c1", "u1");
      assert.deepEqual(again, {
        created: false,
        binding: {
          sessionKey: "s1",
          connectorId: connector,
          conversationId: "c1",
          senderId: "u1",
          createdAt: 5,
          lastUsedAt: 9,
        },
      });
      await contract.restart();
      assert.deepEqual(await contract.store.bindings.get("s1"), again.binding);
      assert.equal(await contract.store.bindings.get("s2"), null);
    });

    it("are found by conversation, the one used last first", async () => {
      await touch("s1", 1);
      await touch("s2", 2);
      await touch("s3", 3, "c2");
      await touch("s1", 4);
      const keys = (await contract.store.bindings.ofConversation(connector, "c1")).map((b) => b.sessionKey);
      assert.deepEqual(keys, ["s1", "s2"]);
      assert.deepEqual(await contract.store.bindings.ofConversation(other, "c1"), []);
    });

    it("never move to another conversation", async () => {
      await touch("s1", 1);
      await assert.rejects(touch("s1", 2, "c2"), { code: "conflict" });
    });

    it("begin anew after they were ended", async () => {
      await touch("s1", 1);
      assert.equal(await contract.store.bindings.end("s1"), true);
      assert.equal(await contract.store.bindings.end("s1"), false);
      assert.equal((await touch("s1", 2)).created, true);
    });

    it("are forgotten when nobody used them for a month", async () => {
      await touch("s1", 0);
      await touch("s2", day);
      await contract.store.prune(retention.sessionBindings.maxAgeMs);
      assert.equal(await contract.store.bindings.get("s1"), null);
      assert.notEqual(await contract.store.bindings.get("s2"), null);
    });
  });

  describe("registered commands", () => {
    it("are known with hash, state and error, over a restart", async () => {
      const state = {
        connectorId: connector,
        catalogHash: "h1",
        status: "failed",
        nativeRevision: null,
        lastError: "missing access",
        updatedAt: 1,
      } as const;
      assert.equal(await contract.store.commandSync.get(connector), null);
      await contract.store.commandSync.put(state);
      await contract.restart();
      assert.deepEqual(await contract.store.commandSync.get(connector), state);
      const synced = { ...state, status: "synced", nativeRevision: "7", lastError: null } as const;
      await contract.store.commandSync.put(synced);
      assert.deepEqual(await contract.store.commandSync.get(connector), synced);
    });
  });
}
