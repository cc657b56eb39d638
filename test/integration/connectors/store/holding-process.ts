import { lockFolder } from "../../../../src/connectors/store/folder-lock.ts";

// A process that takes a folder, says so, and holds it until it is killed.
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("Which folder?");
try {
  await lockFolder(folder);
  process.stdout.write("held\n");
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stdout.write(
    `refused ${error instanceof Error && "code" in error ? String(error.code) : String(error)}\n`,
  );
}
