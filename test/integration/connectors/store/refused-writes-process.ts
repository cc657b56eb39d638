import { openConnectorStore } from "../../../../src/connectors/store/open-connector-store.ts";
import { locateStoreAssets } from "../../../../src/connectors/store/store-assets.ts";
import { PalyraError } from "../../../../src/platform/errors.ts";
import { sampleEvent } from "../../../unit/connectors/store/sample-messages.ts";

// A process that stores events until the system refuses a write, then says what it was told and tries again.
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("Which folder?");

const codeOf = (error: unknown): string => (error instanceof PalyraError ? error.code : String(error));
const opened = await openConnectorStore({ folder, assets: locateStoreAssets(import.meta.url) });
let stored = 0;
try {
  for (;;) {
    await opened.store.acceptInbound(sampleEvent(stored + 1, { body: "x".repeat(2_000) }), null, stored + 1);
    stored += 1;
  }
} catch (error) {
  process.stdout.write(`stored ${stored}\nrefused ${codeOf(error)}\n`);
}
const again = await opened.store.acceptInbound(sampleEvent(0), null, 1).catch(codeOf);
process.stdout.write(`then ${again}\n`);
process.stdout.write(`read ${(await opened.store.totals()).received >= stored}\n`);
await opened.reopen();
process.stdout.write(`reopened ${(await opened.store.totals()).received}\n`);
await opened.store.close();
process.stdout.write("closed\n");
