import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as vscode from "vscode";
import type { ConnectorStore } from "../../src/connectors/connector-store.ts";
import { openConnectorStore } from "../../src/connectors/store/open-connector-store.ts";
import type { ApprovalRecord } from "../../src/connectors/store/parts/approval-store.ts";
import { statePaths } from "../../src/platform/state-paths.ts";
import { commandIds } from "../../src/views/contribution-ids.ts";
import type { PalyraApi } from "../../src/views/palyra-api.ts";
import { sampleApproval } from "../unit/connectors/store/contract/approvals.ts";
import { eventually, item, palyra, service, up } from "./live-system.ts";

const dist = path.resolve(__dirname, "..");

describe("A risky action that waits for the owner", () => {
  let api: PalyraApi;

  before(async () => {
    api = await palyra();
    await up(api, "gateway");
  });
  after(() => up(api, "gateway"));

  it("is an item of the overview with Allow and Deny, and counts as decided by this window", async () => {
    await whileStopped(api, async (store) => {
      for (const id of ["A1", "A2"]) {
        await store.approvals.update(id, Date.now(), () => ({ record: pending(id), result: null }));
      }
    });
    const shown = await eventually(api, "the first approval", () => item(api, "approval:A1"));
    assert.deepEqual([shown.label, shown.contextValue], ["Send an e-mail to Ada.", "approval"]);
    assert.match(api.status().tooltip, /2 approvals wait for you/);
    await vscode.commands.executeCommand(commandIds.allowApproval, "approval:A1");
    await eventually(api, "the first to go", () => item(api, "approval:A1") === undefined);
    await vscode.commands.executeCommand(commandIds.denyApproval, "approval:A2");
    await eventually(api, "the group to go", () => item(api, "approvals") === undefined);
    await whileStopped(api, async (store) => {
      const [allowed, denied] = [await store.approvals.get("A1"), await store.approvals.get("A2")];
      assert.deepEqual([allowed?.state, denied?.state], ["allowed", "denied"]);
      assert.deepEqual(allowed?.decision?.by, { principal: "owner", surface: "VS Code window" });
    });
  });
});

/** Works on the gateway's store while the gateway is stopped, and starts it again. */
async function whileStopped(api: PalyraApi, work: (store: ConnectorStore) => Promise<void>): Promise<void> {
  const root = api.snapshot()?.quick_facts.state_root ?? "";
  await vscode.commands.executeCommand(commandIds.stopService, "service:gateway");
  await eventually(api, "the gateway to stop", () => service(api, "gateway")?.state === "stopped");
  const { store } = await openConnectorStore({
    folder: statePaths(root).storeDir,
    assets: {
      wasmFile: path.join(dist, "sql-wasm.wasm"),
      workerEntry: pathToFileURL(path.join(dist, "store-worker.mjs")),
    },
  });
  try {
    await work(store);
  } finally {
    await store.close();
  }
  await vscode.commands.executeCommand(commandIds.startService, "service:gateway");
  await up(api, "gateway");
}

function pending(approvalId: string): ApprovalRecord {
  const expiresAt = Date.now() + 600_000;
  return sampleApproval({ approvalId, sentence: "Send an e-mail to Ada.", connectorId: null, expiresAt });
}
