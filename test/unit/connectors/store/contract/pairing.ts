import assert from "node:assert/strict";
import { pairingLimits } from "../../../../../src/connectors/store/parts/pairing-store.ts";
import { type ContractStore, connector, day, other } from "./contract-store.ts";

export function describePairing(contract: ContractStore): void {
  describe("pairing", () => {
    const addCode = (code: string, more: { connectorId?: string; createdAt?: number } = {}) => {
      const createdAt = more.createdAt ?? 0;
      const fixed = { connectorId: connector, issuedBy: "owner", expiresAt: createdAt + 600_000 };
      return contract.store.pairing.addCode({ ...fixed, ...more, createdAt, code });
    };
    const attempt = (code: string, now: number, senderId = "discord:user:5", connectorId = connector) =>
      contract.store.pairing.tryCode(
        { connectorId, senderId, conversationId: "discord:channel:9", code, requestExpiresAt: now + 900_000 },
        now,
      );

    it("goes from a code to a request to a grant that ends by itself, over restarts", async () => {
      assert.equal(await addCode("ABCD2345"), true);
      await contract.restart();
      const outcome = await attempt("abcd-2345", 10, " Discord:User:5 ");
      assert.deepEqual(outcome, {
        kind: "pending",
        request: {
          connectorId: connector,
          senderId: "discord:user:5",
          conversationId: "discord:channel:9",
          approvalId: null,
          requestedAt: 10,
          expiresAt: 900_010,
        },
      });
      await contract.restart();
      const { pairing } = contract.store;
      assert.equal(await pairing.grantOf(connector, "discord:user:5", 11), null);
      assert.equal(await pairing.linkApproval(connector, "discord:user:5", "approval-1", 12), true);
      const grant = await pairing.decide(connector, "discord:user:5", 5_000, 20);
      assert.deepEqual(grant, {
        connectorId: connector,
        senderId: "discord:user:5",
        approvalId: "approval-1",
        grantedAt: 20,
        expiresAt: 5_000,
      });
      await contract.restart();
      assert.deepEqual(await contract.store.pairing.grantOf(connector, "DISCORD:USER:5", 4_999), grant);
      assert.equal(await contract.store.pairing.grantOf(connector, "discord:user:5", 5_000), null);
      assert.equal(await contract.store.pairing.grantOf(other, "discord:user:5", 30), null);
    });

    it("uses a code up, also when two people say it at once", async () => {
      await addCode("ABCD2345");
      const outcomes = await Promise.all([attempt("ABCD2345", 1, "u1"), attempt("ABCD2345", 1, "u2")]);
      assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), ["code_invalid", "pending"]);
    });

    it("tells an expired code from a wrong one, for a day", async () => {
      await addCode("ABCD2345");
      assert.equal((await attempt("ABCD2345", 600_000)).kind, "code_expired");
      assert.equal((await attempt("WRONG234", 600_001)).kind, "code_invalid");
      assert.equal((await attempt("ABCD2345", 600_002, "u2", other)).kind, "code_invalid");
      await contract.store.prune(600_000 + day);
      assert.equal((await attempt("ABCD2345", 600_000 + day)).kind, "code_invalid");
    });

    it("says when a sender is paired or waits already, and keeps the code for somebody else", async () => {
      await addCode("AAAA2345");
      await addCode("BBBB2345");
      await attempt("AAAA2345", 1);
      assert.equal((await attempt("BBBB2345", 2)).kind, "already_pending");
      await contract.store.pairing.decide(connector, "discord:user:5", 1_000, 3);
      assert.equal((await attempt("BBBB2345", 4)).kind, "already_active");
      assert.equal((await attempt("BBBB2345", 5, "u2")).kind, "pending");
    });

    it("refuses a sender after five wrong codes until the ten minutes are over, also a right one", async () => {
      await addCode("ABCD2345");
      for (let n = 0; n < pairingLimits.failures; n += 1) {
        assert.equal((await attempt(`WRONG00${n}`, n)).kind, "code_invalid");
      }
      await contract.restart();
      const refused = { kind: "too_many_attempts", retryAt: pairingLimits.failureWindowMs };
      assert.deepEqual(await attempt("ABCD2345", 100), refused);
      assert.equal((await attempt("WRONG", 101, "u2")).kind, "code_invalid", "others are not refused");
      await addCode("EFGH2345", { createdAt: pairingLimits.failureWindowMs });
      assert.equal((await attempt("EFGH2345", pairingLimits.failureWindowMs)).kind, "pending");
    });

    it("is refused by the owner, or too late", async () => {
      await addCode("AAAA2345");
      await attempt("AAAA2345", 1);
      const { pairing } = contract.store;
      assert.equal(await pairing.decide(connector, "discord:user:5", null, 2), "denied");
      assert.equal(await pairing.decide(connector, "discord:user:5", 1_000, 3), "missing");
      await addCode("BBBB2345");
      await attempt("BBBB2345", 4);
      assert.equal(await pairing.linkApproval(connector, "discord:user:5", "a", 900_004), false);
      assert.equal(await pairing.decide(connector, "discord:user:5", 2_000_000, 900_004), "missing");
    });

    it("is revoked at once", async () => {
      await addCode("AAAA2345");
      await attempt("AAAA2345", 1);
      await contract.store.pairing.decide(connector, "discord:user:5", 1_000, 2);
      assert.equal(await contract.store.pairing.revoke(connector, "Discord:user:5"), true);
      assert.equal(await contract.store.pairing.revoke(connector, "discord:user:5"), false);
      await contract.restart();
      assert.equal(await contract.store.pairing.grantOf(connector, "discord:user:5", 3), null);
      await addCode("BBBB2345");
      assert.equal(await contract.store.pairing.revokeCode(connector, "bbbb2345"), true);
      assert.equal(await contract.store.pairing.revokeCode(connector, "bbbb2345"), false);
      assert.equal((await attempt("BBBB2345", 4)).kind, "code_invalid");
    });

    it("has no code twice and a bounded number of codes", async () => {
      await addCode("SAME2345");
      assert.equal(await addCode("same2345"), false);
      for (let n = 1; n < pairingLimits.activeCodes; n += 1) await addCode(`CODE${1_000 + n}`);
      await assert.rejects(addCode("ONEMORE2"), { code: "conflict" });
      assert.equal(await addCode("ONEMORE2", { connectorId: other }), true);
      assert.equal(await addCode("LATER234", { createdAt: 600_000 }), true);
    });

    it("is shown with what is in force, for one connector or all", async () => {
      await addCode("AAAA2345");
      await addCode("BBBB2345", { connectorId: other });
      await addCode("CCCC2345");
      await addCode("DDDD2345");
      await attempt("CCCC2345", 1, "u1");
      await attempt("DDDD2345", 2, "u2");
      await contract.store.pairing.decide(connector, "u2", 1_000, 3);
      const all = await contract.store.pairing.snapshot(null, 4);
      assert.deepEqual(
        [
          all.codes.map(({ code }) => code),
          all.requests.map(({ senderId }) => senderId),
          all.grants.map(({ senderId }) => senderId),
        ],
        [["AAAA2345", "BBBB2345"], ["u1"], ["u2"]],
      );
      assert.equal((await contract.store.pairing.snapshot(other, 4)).codes.length, 1);
      const later = await contract.store.pairing.snapshot(null, 900_001);
      assert.deepEqual(later, { codes: [], requests: [], grants: [] });
    });
  });
}
