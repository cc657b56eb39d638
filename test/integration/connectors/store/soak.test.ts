import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { soakStore } from "../../../../bench/soak/store-soak.ts";
import { eventsPerConnector } from "../../../../src/connectors/store/retention.ts";

/** Rows that may be there beyond the retention, because the store prunes itself only now and then. */
const slack = 1_200;

describe("The store under steady traffic", () => {
  it("finishes every message, forgets by number without being told to, and keeps its files small", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "palyra-soak-"));
    try {
      const report = await soakStore({
        folder,
        minutes: 100 / 60,
        messagesPerSecond: 60,
        samples: 4,
        checkpointBytes: 1_000_000,
      });
      assert.equal(report.messages, 6_000);
      assert.equal(report.left, 0, "nothing got stuck");
      assert.equal(report.duplicates, 120);
      assert.equal(report.deadLettered, 60);
      assert.equal(report.answered, 4_000 - 20);
      const last = report.samples.at(-1);
      assert.ok(last !== undefined);
      const { rowsByTable } = last;
      assert.ok(Number(rowsByTable.connector_events) <= eventsPerConnector + slack);
      assert.equal(Number(rowsByTable.inbound_dedupe), 6_000);
      assert.ok(last.fileBytes < 60_000_000, `${last.fileBytes} bytes`);
      assert.ok(last.memoryBytes < 200_000_000, `${last.memoryBytes} bytes`);
    } finally {
      await rm(folder, { recursive: true });
    }
  }).timeout(60_000);
});
