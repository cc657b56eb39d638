import { parse, type TomlTable } from "smol-toml";
import { PalyraError } from "../../platform/errors.ts";
import { writePrivateFile } from "../../platform/write-private-file.ts";
import { readConfigText } from "../read-config-text.ts";
import { editToml } from "./edit-toml.ts";

/** The file was changed by somebody else while it was edited; so many times it is begun again. */
const attempts = 5;

/** Edits of one file, one after another. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Changes a TOML file and keeps the user's comments. The new text is checked as a whole before anything is written;
 * the old one stays beside it with `.bak` behind its name; the file is replaced in one step.
 * @param check reads the text as its users do; throws when they could not
 * @param change gets the document as it is in the file, without defaults, and changes it in place
 * @returns what the new text means
 * @throws what `check` throws, for the file as it is now or as it would be; `conflict` when the change cannot be made
 * without touching other settings. Nothing is written then.
 */
export function editTomlFile<T>(
  file: string,
  check: (text: string) => Promise<T>,
  change: (document: TomlTable) => void,
): Promise<T> {
  const before = queues.get(file) ?? Promise.resolve();
  const edit = before.then(() => applyChange(file, check, change));
  const settled = edit.catch(() => undefined);
  queues.set(file, settled);
  void settled.then(() => {
    if (queues.get(file) === settled) queues.delete(file);
  });
  return edit;
}

async function applyChange<T>(
  file: string,
  check: (text: string) => Promise<T>,
  change: (document: TomlTable) => void,
): Promise<T> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const before = await readConfigText(file);
    await check(before);
    const wanted = parse(before);
    change(wanted);
    const after = editToml(before, wanted);
    const result = await check(after);
    if (after === before) return result;
    if ((await readConfigText(file)) !== before) continue;
    if (before !== "") await writePrivateFile(`${file}.bak`, before);
    await writePrivateFile(file, after);
    return result;
  }
  throw new PalyraError("conflict", `${file} is being changed by another program.`);
}
