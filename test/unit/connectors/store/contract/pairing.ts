import assert from "node:assert/strict";
import { noPairing, type PairingState } from "../../../../../src/connectors/router/pairing/pairing-store.ts";
import { type ContractStore, connector, day, other } from "./contract-store.ts";

const full: PairingState = {
  codes: [
    { code: "ZZZZ2345", issuedBy: "owner", createdAt: 1, expiresAt: 1_000 },
    { code: "AAAA2345", issuedBy: "owner", createdAt: 2, expiresAt: 2_000 },
  ],
  pending: [
    {
      sender: "discord:user:5",
      conversation: "discord:channel:9",
      code: "CCCC2345",
      requestedAt: 3,
      expiresAt: 900,
    },
  ],
  grants: [{ sender: "discord:user:6", grantedBy: "owner", grantedAt: 4, expiresAt: 5_000 }],
  failures: [
    { sender: "discord:user:7", at: 5 },
    { sender: "discord:user:7", at: 5 },
    { sender: "discord:user:1", at: 6 },
  ],
  hints: [{ sender: "discord:user:8", at: 7 }],
};

export function describePairing(contract: ContractStore): void {
  describe("pairing", () => {
    const put = (state: PairingState, connectorId = connector) =>
      contract.store.pairing.update(connectorId, () => ({ state, result: null }));

    it("is empty for a connector nothing is known about", async () => {
      assert.deepEqual(await contract.store.pairing.read(connector), noPairing);
      assert.deepEqual(await contract.store.pairing.connectors(), []);
    });

    it("comes back as it was, oldest entries first, over a restart", async () => {
      await put(full);
      await put({ ...noPairing, hints: full.hints }, other);
      await contract.restart();
      assert.deepEqual(await contract.store.pairing.read(connector), full);
      assert.deepEqual(await contract.store.pairing.connectors(), [connector, other]);
    });

    it("changes in one transaction: of two people with one code only the first gets it", async () => {
      await put({ ...noPairing, codes: full.codes });
      const take = (sender: string) =>
        contract.store.pairing.update(connector, (state) => {
          const [code, ...codes] = state.codes;
          if (code?.code !== "ZZZZ2345") return { state, result: null };
          const request = {
            sender,
            conversation: null,
            code: code.code,
            requestedAt: 10,
            expiresAt: 20,
          };
          return { state: { ...state, codes, pending: [...state.pending, request] }, result: sender };
        });
      assert.deepEqual(await Promise.all([take("u1"), take("u2"), take("u3")]), ["u1", null, null]);
      await contract.restart();
      const { codes, pending } = await contract.store.pairing.read(connector);
      assert.deepEqual([codes.length, pending.map(({ sender }) => sender)], [1, ["u1"]]);
    });

    it("stays as it was when a change fails", async () => {
      await put(full);
      const failure = new Error("no");
      await assert.rejects(
        contract.store.pairing.update(connector, () => {
          throw failure;
        }),
        failure,
      );
      assert.deepEqual(await contract.store.pairing.read(connector), full);
    });

    it("takes changes of entries and their end", async () => {
      await put(full);
      const grants = full.grants.map((grant) => ({ ...grant, expiresAt: 9_000 }));
      const next = { ...full, codes: full.codes.slice(1), pending: [], grants, failures: [] };
      await put(next);
      await contract.restart();
      assert.deepEqual(await contract.store.pairing.read(connector), next);
      await put(noPairing);
      assert.deepEqual(await contract.store.pairing.connectors(), []);
    });

    it("is forgotten a day after the end of each entry, and with its connector", async () => {
      await put(full);
      await contract.store.prune(day + 999);
      const { codes, pending, grants, failures } = await contract.store.pairing.read(connector);
      assert.deepEqual([codes.length, pending.length, grants.length, failures.length], [2, 0, 1, 0]);
      await contract.store.prune(day + 1_000);
      assert.equal((await contract.store.pairing.read(connector)).codes.length, 1);
      await contract.register();
      await contract.store.instances.remove(connector, "keep");
      assert.deepEqual(await contract.store.pairing.read(connector), noPairing);
    });
  });
}
