import { parse, type TomlTable } from "smol-toml";
import { PalyraError } from "../platform/errors.ts";
import { writePrivateFile } from "../platform/write-private-file.ts";
import { editToml } from "./config-edit/edit-toml.ts";
import { type ParsedConfig, parseConfig } from "./parse-config.ts";
import { readConfigText } from "./read-config-text.ts";

/** The file was changed by somebody else while it was edited; so many times it is begun again. */
const attempts = 5;

/** Edits of one file, one after another. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Changes `palyra.toml` and keeps the user's comments. The new text is checked as a whole before anything is written;
 * the old one stays beside it as `palyra.toml.bak`; the file is replaced in one step. The gateway that follows the
 * file sees the change by itself.
 * @param change gets the document as it is in the file, without defaults, and changes it in place
 * @returns the new configuration
 * @throws `config_invalid` when the file is broken now, or would be after the change; `conflict` when the change cannot
 * be made without touching other settings. Nothing is written then.
 */
export function editConfig(file: string, change: (document: TomlTable) => void): Promise<ParsedConfig> {
  const before = queues.get(file) ?? Promise.resolve();
  const edit = before.then(() => applyChange(file, change));
  const settled = edit.catch(() => undefined);
  queues.set(file, settled);
  void settled.then(() => {
    if (queues.get(file) === settled) queues.delete(file);
  });
  return edit;
}

async function applyChange(file: string, change: (document: TomlTable) => void): Promise<ParsedConfig> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const before = await readConfigText(file);
    await parseConfig(before, file);
    const wanted = parse(before);
    change(wanted);
    const after = editToml(before, wanted);
    const result = await parseConfig(after, file);
    if (after === before) return result;
    if ((await readConfigText(file)) !== before) continue;
    if (before !== "") await writePrivateFile(`${file}.bak`, before);
    await writePrivateFile(file, after);
    return result;
  }
  throw new PalyraError("conflict", `${file} is being changed by another program.`);
}
