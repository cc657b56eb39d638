import assert from "node:assert/strict";
import { noteCharacters } from "../../../../../src/connectors/store/parts/conversation-notes.ts";
import { type ContractStore, connector, day, other } from "./contract-store.ts";

export function describeConversationNotes(contract: ContractStore): void {
  describe("notes about conversations", () => {
    const all = async (id = connector) => Object.fromEntries(await contract.store.notes.all(id));

    it("are kept over a restart, one for each conversation of each connector", async () => {
      await contract.store.notes.put(connector, "c1", "old", 1);
      await contract.store.notes.put(connector, "c1", "new", 2);
      await contract.store.notes.put(connector, "c2", "second", 3);
      await contract.store.notes.put(other, "c1", "other", 4);
      await contract.restart();
      assert.deepEqual(await all(), { c1: "new", c2: "second" });
      assert.deepEqual(await all(other), { c1: "other" });
    });

    it("are not kept when they are too long, nor long after they were written last", async () => {
      await contract.store.notes.put(connector, "c1", "x".repeat(noteCharacters + 1), 1);
      await contract.store.notes.put(connector, "c2", "written", 1);
      assert.deepEqual(await all(), { c2: "written" });
      await contract.store.prune(91 * day);
      assert.deepEqual(await all(), {});
    });
  });

  describe("files of messages", () => {
    it("are held as long as a message is to be sent or could be sent again", async () => {
      const { store } = contract;
      const digest = "d".repeat(64);
      const request = (envelope_id: string, file: string) => ({
        connector_id: connector,
        conversation_id: envelope_id,
        envelope_id,
        sequence: 0,
        text: "here",
        in_reply_to_message_id: null,
        nonce: envelope_id,
        attachments: [{ digest: file, filename: "a.txt" }],
      });
      await store.enqueueOutbound(request("sent", "e".repeat(64)), 1);
      await store.enqueueOutbound(request("dead", digest), 1);
      assert.equal((await store.heldFiles()).size, 2);
      for (const row of await store.claimOutbound(connector, 2, 60_000, 10)) {
        if (row.request.envelope_id === "sent") await store.markDelivered(row.outboxId, row.claim, "1", 3);
        else await store.moveToDeadLetter(row.outboxId, row.claim, "no", 3);
      }
      assert.deepEqual([...(await store.heldFiles())], [digest]);
      const [letter] = await store.deadLetters.list(connector, { limit: 1 });
      await store.deadLetters.discard(connector, letter?.deadLetterId ?? 0, 200);
      assert.deepEqual([...(await store.heldFiles())], []);
    });
  });
}
