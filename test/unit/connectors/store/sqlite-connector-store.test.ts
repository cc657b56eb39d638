import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import { describeConnectorStore, type StoreFixture } from "./connector-store-contract.ts";
import { FaultyDisk, seededRandom } from "./faulty-disk.ts";
import { openNumbers } from "./numbered-rows.ts";

async function openOn(disk: FaultyDisk): Promise<SqliteConnectorStore> {
  return new SqliteConnectorStore(await openNumbers(disk.layer, { migrations: connectorMigrations }));
}

describeConnectorStore("SQLite over a journal", async (): Promise<StoreFixture> => {
  let disk = new FaultyDisk();
  let current = await openOn(disk);
  return {
    store: current,
    async restart() {
      const survivor = disk.afterPowerLoss(seededRandom(1));
      await current.close();
      disk = survivor;
      current = await openOn(disk);
      return current;
    },
    dispose: () => current.close(),
  };
});
