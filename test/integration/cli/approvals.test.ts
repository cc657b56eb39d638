import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { ConnectorStore } from "../../../src/connectors/connector-store.ts";
import { openConnectorStore } from "../../../src/connectors/store/open-connector-store.ts";
import { locateStoreAssets } from "../../../src/connectors/store/store-assets.ts";
import { PendingApprovals } from "../../../src/contracts/approvals.ts";
import { statePaths } from "../../../src/platform/state-paths.ts";
import { CommandRun } from "../../support/cli/run-command.ts";
import { snapshotWhere, TestHome } from "../../support/supervisor/control-center-host.ts";
import { sampleApproval } from "../../unit/connectors/store/contract/approvals.ts";

const source = (file: string): string => path.resolve(import.meta.dirname, "../../../src", file);

describe("palyra approvals beside a window that owns the services", () => {
  let home: TestHome;
  beforeEach(async () => {
    home = await TestHome.create();
  });
  afterEach(() => home.remove());

  const palyra = async (...args: string[]): Promise<CommandRun & { code: number | null }> => {
    const run = new CommandRun(source("cli/main.ts"), ["--state-root", home.stateRoot, ...args], process.env);
    return Object.assign(run, { code: await run.ended() });
  };
  const inStore = async <T>(work: (store: ConnectorStore) => Promise<T>): Promise<T> => {
    const { store } = await openConnectorStore({
      folder: statePaths(home.stateRoot).storeDir,
      assets: locateStoreAssets(pathToFileURL(source("gateway/main.ts")).href),
    });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };

  it("shows the same as the window, hands the owner's word to it, and what expired meanwhile is gone", async () => {
    const expiresAt = Date.now() + 600_000;
    await inStore(async ({ approvals }) => {
      const records = [
        sampleApproval({ expiresAt }),
        sampleApproval({ approvalId: "A2", expiresAt }),
        sampleApproval({ approvalId: "A3", expiresAt: Date.now() - 1 }),
      ];
      for (const record of records) {
        await approvals.update(record.approvalId, 1, () => ({ record, result: null }));
      }
    });
    const center = await home.open({
      sidecarBundles: {
        gateway: source("gateway/main.ts"),
        browserd: path.resolve(import.meta.dirname, "../../support/supervisor/test-browserd.ts"),
      },
    });
    try {
      const waiting = (count: number) =>
        snapshotWhere(
          center,
          `${count} approvals wait`,
          ({ gateway }) => gateway?.status.approvals?.count === count,
        );
      const snapshot = await waiting(2);
      const told = PendingApprovals.parse(JSON.parse((await palyra("approvals", "--json")).stdout));
      assert.deepEqual(told, snapshot.gateway?.status.approvals);
      assert.equal((await palyra("approvals", "allow", "A1")).code, 0);
      await center.decideApproval("A2", "deny", "no");
      await waiting(0);
      assert.match((await palyra("approvals")).stdout, /Nothing waits for your decision/);
      const late = await palyra("approvals", "allow", "A3", "--json");
      assert.equal(late.code, 75);
      assert.match(JSON.parse(late.stderr).error.message, /has expired/);
      await assert.rejects(center.decideApproval("A9", "allow"), { code: "not_found" });
    } finally {
      await center.stop();
    }
    const decisions = await inStore(async ({ approvals }) =>
      (await approvals.list({ limit: 9 })).map(({ state, decision }) => [
        state,
        decision?.by.surface ?? null,
      ]),
    );
    assert.deepEqual(decisions, [
      ["expired", null],
      ["denied", "test window"],
      ["allowed", "terminal"],
    ]);
  });

  it("says that nothing is known while no gateway runs", async () => {
    for (const args of [["approvals"], ["approvals", "deny", "A1"]]) {
      const { code, stderr } = await palyra(...args);
      assert.equal(code, 69);
      assert.match(stderr, /gateway does not run/);
    }
    assert.equal((await palyra("approvals", "deny", "A1", "--reason", "x".repeat(513))).code, 2);
  });
});
