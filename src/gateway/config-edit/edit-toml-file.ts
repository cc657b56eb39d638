import path from "node:path";
import { parse, type TomlTable } from "smol-toml";
import { lockFolder } from "../../connectors/store/folder-lock.ts";
import { fileProblem, PalyraError, systemErrorCode } from "../../platform/errors.ts";
import { writePrivateFile } from "../../platform/write-private-file.ts";
import { readConfigText } from "../read-config-text.ts";
import { editToml } from "./edit-toml.ts";
import { writeConfigText } from "./write-config-text.ts";

/** An editor has saved the file while it was edited here; so many times it is begun again. */
const attempts = 5;
/** How long another process may take to change a file of the folder, in milliseconds. */
const patienceMs = 10_000;

/** Edits of one file in this process, one after another. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Changes a TOML file and keeps the user's comments. The new text is checked as a whole before anything is written;
 * the old one stays beside it with `.bak` behind its name; the file is replaced in one step. Edits by this and other
 * processes follow each other, so that none is lost.
 * @param check reads the text as its users do; throws when they could not
 * @param change gets the document as it is in the file, without defaults, and changes it in place
 * @returns what the new text means
 * @throws what `check` throws, for the file as it is now or as it would be; `conflict` when the change cannot be made
 * without touching other settings; `storage_failed` when the file cannot be written. Nothing is written then.
 */
export function editTomlFile<T>(
  file: string,
  check: (text: string) => Promise<T>,
  change: (document: TomlTable) => void,
): Promise<T> {
  return inTurn(file, () => applyChange(file, check, change));
}

/**
 * Does something with a file that no other edit of it comes in between of.
 * @throws what the work throws, errors of the system as `storage_failed`; `conflict` when another process does not end
 */
export function inTurn<T>(file: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(file) ?? Promise.resolve();
  const turn = before.then(() => alone(file, work));
  const settled = turn.catch(() => undefined);
  queues.set(file, settled);
  void settled.then(() => {
    if (queues.get(file) === settled) queues.delete(file);
  });
  return turn;
}

/** Keeps other processes out as long as the work takes. */
async function alone<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    const lock = await lockOf(file);
    try {
      return await work();
    } finally {
      await lock.release();
    }
  } catch (thrown) {
    const isOfSystem = !(thrown instanceof PalyraError) && systemErrorCode(thrown) !== undefined;
    throw isOfSystem ? fileProblem(file, "written", thrown) : thrown;
  }
}

async function lockOf(file: string): ReturnType<typeof lockFolder> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await lockFolder(path.dirname(file));
    } catch (thrown) {
      if (!(thrown instanceof PalyraError && thrown.code === "store_locked")) throw thrown;
      if (Date.now() >= deadline) throw busy(file, thrown);
    }
  }
}

function busy(file: string, cause?: unknown): PalyraError {
  return new PalyraError("conflict", `${file} is being changed by another program.`, { cause });
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
    if (before !== "") await writePrivateFile(`${file}.bak`, before);
    // Editors take no turns: what was saved meanwhile must not be overwritten.
    if ((await readConfigText(file)) !== before) continue;
    await writeConfigText(file, after);
    return result;
  }
  throw busy(file);
}
