import { readFile } from "node:fs/promises";
import { nodeFileLayer } from "../../connectors/store/file-layer.ts";
import { loadSqlite } from "../../connectors/store/memory-database.ts";
import { openConnectorStore } from "../../connectors/store/open-connector-store.ts";
import { recover } from "../../connectors/store/recover.ts";
import { locateStoreAssets } from "../../connectors/store/store-assets.ts";
import type { SelfCheckRequest, StoreFinding } from "../../contracts/self-check.ts";
import { messageOf, PalyraError, systemErrorCode } from "../../platform/errors.ts";

/**
 * Looks whether the store can be read whole. `look` changes nothing; `repair` opens it as the gateway does,
 * which keeps every file that cannot be read under a new name.
 */
export async function checkStore(
  folder: string,
  mode: SelfCheckRequest["store"],
  bundleUrl: string,
): Promise<StoreFinding> {
  if (mode === "skip") return { state: "skipped", details: [] };
  try {
    return mode === "look" ? await look(folder, bundleUrl) : await repair(folder, bundleUrl);
  } catch (thrown) {
    // The code of the system that a reading was refused with, or an error of the store itself.
    if (!(thrown instanceof PalyraError) && systemErrorCode(thrown) === undefined) throw thrown;
    return { state: "unreadable", details: [messageOf(thrown)] };
  }
}

async function look(folder: string, bundleUrl: string): Promise<StoreFinding> {
  const names = await nodeFileLayer.list(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  });
  if (!names.some((name) => /^(?:image|journal)-/.test(name))) return { state: "absent", details: [] };
  const sqlite = await loadSqlite(await readFile(locateStoreAssets(bundleUrl).wasmFile));
  const recovered = await recover(nodeFileLayer, folder, sqlite);
  const fault = recovered.memory.findFault("full");
  recovered.memory.close();
  const details = recovered.setAside.map(
    ({ file, tail, reason, lossPossible }) =>
      `${tail === undefined ? file : `The last ${tail.length} bytes of ${file}`} cannot be used: ${reason}. ${
        lossPossible ? "Messages stored in it may be missing." : "Nothing that was stored is missing."
      }`,
  );
  if (fault !== null) details.push(`SQLite finds a fault: ${fault}.`);
  return { state: details.length === 0 ? "sound" : "damaged", details };
}

async function repair(folder: string, bundleUrl: string): Promise<StoreFinding> {
  const opened = await openConnectorStore({ folder, assets: locateStoreAssets(bundleUrl) });
  try {
    return { state: "sound", details: opened.recoveryEvents.map(({ message }) => message) };
  } finally {
    await opened.store.close();
  }
}
