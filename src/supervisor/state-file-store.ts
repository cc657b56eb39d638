import { readFile, rename } from "node:fs/promises";
import path from "node:path";
import type { ServiceKind } from "../contracts/services.ts";
import { type SecretsHome, StateFile, stateSchemaVersion } from "../contracts/state-file.ts";
import { messageOf, PalyraError, systemErrorCode } from "../platform/errors.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";
import { writePrivateFile } from "../platform/write-private-file.ts";
import { unusedName } from "./set-aside.ts";

/** What a state root that is new starts with. */
export interface StateDefaults {
  readonly secretsHome: SecretsHome;
  readonly desired: Readonly<Record<ServiceKind, boolean>>;
}

/**
 * `state.json`: written whole or not at all and only when something changed, with the version before
 * as `state.json.bak`. A file that cannot be read is set aside, one of a newer version is never written.
 */
export class StateFileStore {
  readonly #file: string;
  #state: StateFile;
  /** Text on disk; null when there is none. */
  #written: string | null;
  readonly #readOnly: boolean;
  readonly #problems: readonly PalyraError[];
  #queue: Promise<void> = Promise.resolve();

  private constructor(
    file: string,
    state: StateFile,
    written: string | null,
    readOnly: boolean,
    problems: readonly PalyraError[],
  ) {
    this.#file = file;
    this.#state = state;
    this.#written = written;
    this.#readOnly = readOnly;
    this.#problems = problems;
  }

  /** Reads the file, or the backup when the file is torn, or starts anew. Bad content never makes it fail. */
  static async open(file: string, defaults: StateDefaults): Promise<StateFileStore> {
    const main = await readState(file, defaults);
    if (main.kind === "good") return new StateFileStore(file, main.state, main.text, false, []);
    if (main.kind === "newer") {
      return new StateFileStore(file, main.state, main.text, true, [newerError(file, main.version)]);
    }
    const backup = await readState(backupOf(file), defaults);
    const fresh = backup.kind === "good" ? backup.state : newState(defaults);
    if (main.kind === "missing") {
      const state = backup.kind === "good" ? backup.state : fresh;
      return new StateFileStore(file, state, null, false, []);
    }
    const aside = await unusedName(file);
    await rename(file, aside);
    const source = backup.kind === "good" ? "the last good copy is used" : "it starts anew";
    const problem = new PalyraError(
      "state_unreadable",
      `${path.basename(file)} could not be read (${main.reason}) and was set aside as ${path.basename(aside)}; ${source}.`,
    );
    return new StateFileStore(file, fresh, null, false, [problem]);
  }

  get state(): StateFile {
    return this.#state;
  }

  /** What was wrong with the file when it was opened. */
  get problems(): readonly PalyraError[] {
    return this.#problems;
  }

  /**
   * Changes the state and writes it when it differs from what is on disk. Unknown keys are kept.
   * @throws `storage_failed` when it cannot be written; a file of a newer version is not written at all
   */
  async update(change: Partial<StateFile>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    if (this.#readOnly) return;
    const task = this.#queue.then(() => this.#write());
    // The chain goes on after a failure; the caller of this update gets the error.
    this.#queue = task.catch(() => undefined);
    await task;
  }

  /** Writes the state if the disk does not have it yet. */
  async save(): Promise<void> {
    await this.update({});
  }

  async #write(): Promise<void> {
    const text = `${JSON.stringify(this.#state, null, 2)}\n`;
    if (text === this.#written) return;
    try {
      await ensurePrivateFolder(path.dirname(this.#file));
      if (this.#written !== null) await writePrivateFile(backupOf(this.#file), this.#written);
      await writePrivateFile(this.#file, text);
      this.#written = text;
    } catch (cause) {
      throw new PalyraError("storage_failed", `${this.#file} cannot be written: ${messageOf(cause)}`, {
        cause,
      });
    }
  }
}

type ReadResult =
  | { readonly kind: "missing" }
  | { readonly kind: "bad"; readonly reason: string }
  | { readonly kind: "newer"; readonly state: StateFile; readonly text: string; readonly version: number }
  | { readonly kind: "good"; readonly state: StateFile; readonly text: string };

async function readState(file: string, defaults: StateDefaults): Promise<ReadResult> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return { kind: "missing" };
    throw new PalyraError("storage_failed", `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return parseState(text, defaults);
}

/** Reads the text of a state file of any version. Pure. */
export function parseState(text: string, defaults: StateDefaults): ReadResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "bad", reason: "it is not JSON" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "bad", reason: "it is not a JSON object" };
  }
  const fields: Record<string, unknown> = { ...value };
  const version = fields.schema_version ?? 1;
  const newer = typeof version === "number" && version > stateSchemaVersion;
  const fresh = newState(defaults);
  const parsed = StateFile.safeParse({
    ...fresh,
    ...fields,
    schema_version: newer || typeof version !== "number" ? version : stateSchemaVersion,
    desired_running: withDefaults(fresh.desired_running, fields.desired_running),
    token_created_unix_ms: withDefaults(fresh.token_created_unix_ms, fields.token_created_unix_ms),
  });
  if (newer) {
    return {
      kind: "newer",
      state: parsed.success ? parsed.data : { ...fresh, schema_version: version },
      text,
      version,
    };
  }
  if (parsed.success) return { kind: "good", state: parsed.data, text };
  const wrong = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
  return { kind: "bad", reason: `wrong values: ${wrong}` };
}

function withDefaults(defaults: object, given: unknown): unknown {
  return given === undefined || (typeof given === "object" && given !== null && !Array.isArray(given))
    ? { ...defaults, ...given }
    : given;
}

function newState(defaults: StateDefaults): StateFile {
  return {
    schema_version: stateSchemaVersion,
    desired_running: { ...defaults.desired },
    secrets_home: defaults.secretsHome,
    token_created_unix_ms: { admin: null, browser: null },
  };
}

function backupOf(file: string): string {
  return `${file}.bak`;
}

function newerError(file: string, version: number): PalyraError {
  return new PalyraError(
    "state_newer",
    `${path.basename(file)} has version ${version}, written by a newer Palyra; it is only read.`,
  );
}
