import { rename } from "node:fs/promises";
import path from "node:path";
import type { ServiceKind } from "../contracts/services.ts";
import { type SecretsHome, StateFile, stateSchemaVersion } from "../contracts/state-file.ts";
import { fileProblem, PalyraError } from "../platform/errors.ts";
import { readRegularFile } from "../platform/read-regular-file.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";
import { writePrivateFile } from "../platform/write-private-file.ts";
import { unusedName } from "./set-aside.ts";
import { objectOf } from "./state-migrations/json-object.ts";
import {
  migrateState,
  type PlainTokens,
  plainTokensOf,
  withoutPlainTokens,
} from "./state-migrations/migrate-state.ts";

/** What a state root that is new starts with. */
export interface StateDefaults {
  readonly secretsHome: SecretsHome;
  readonly desired: Readonly<Record<ServiceKind, boolean>>;
}

/** What was found when a state file was opened. */
interface OpenedState {
  readonly state: StateFile;
  /** Text on disk that is kept as the backup at the next change; null when there is none to keep. */
  readonly written: string | null;
  readonly readOnly: boolean;
  readonly problems: readonly PalyraError[];
  readonly plainTokens: PlainTokens;
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
  readonly #opened: OpenedState;
  #queue: Promise<void> = Promise.resolve();

  private constructor(file: string, opened: OpenedState) {
    this.#file = file;
    this.#opened = opened;
    this.#state = opened.state;
    this.#written = opened.written;
  }

  /**
   * Reads the file, or the backup when the file is torn, or starts anew. Bad content never makes it fail.
   * @throws `storage_failed` when the system does not let it be read
   */
  static async open(file: string, defaults: StateDefaults): Promise<StateFileStore> {
    const main = await readState(file, defaults);
    if (main.kind === "good" || main.kind === "newer") {
      return new StateFileStore(file, { ...openedAs(main), problems: newerProblems(file, main) });
    }
    const aside = main.kind === "bad" ? await setAside(file, main.reason) : null;
    const backup = await readState(backupOf(file), defaults);
    // A bad backup is set aside too: the next change would write over it.
    const backupAside = backup.kind === "bad" ? await setAside(backupOf(file), backup.reason) : null;
    const usable = backup.kind === "good" || backup.kind === "newer" ? backup : null;
    const source = usable === null ? "it starts anew" : "the last good copy is used";
    const problems = [
      ...[aside, backupAside].flatMap((sentence) =>
        sentence === null ? [] : [new PalyraError("state_unreadable", `${sentence}; ${source}.`)],
      ),
      ...(usable === null ? [] : newerProblems(backupOf(file), usable)),
    ];
    const fresh: OpenedState = {
      state: newState(defaults),
      written: null,
      readOnly: false,
      problems,
      plainTokens: {},
    };
    const opened = usable === null ? fresh : { ...openedAs(usable), written: null, problems };
    return new StateFileStore(file, opened);
  }

  get state(): StateFile {
    return this.#state;
  }

  /** What was wrong with the file when it was opened. */
  get problems(): readonly PalyraError[] {
    return this.#opened.problems;
  }

  /** Tokens that an old version kept in the file. They are gone from it with the first change. */
  get plainTokens(): PlainTokens {
    return this.#opened.plainTokens;
  }

  /**
   * Changes the state and writes it when it differs from what is on disk. Unknown keys are kept.
   * @throws `storage_failed` when it cannot be written; a file of a newer version is not written at all
   */
  async update(change: Partial<StateFile>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    if (this.#opened.readOnly) return;
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
    const text = textOf(this.#state);
    if (text === this.#written) return;
    try {
      await ensurePrivateFolder(path.dirname(this.#file));
      if (this.#written !== null) await writePrivateFile(backupOf(this.#file), this.#written);
      await writePrivateFile(this.#file, text);
      this.#written = text;
    } catch (cause) {
      throw cause instanceof PalyraError ? cause : fileProblem(this.#file, "written", cause);
    }
  }
}

function textOf(state: object): string {
  return `${JSON.stringify(state, null, 2)}\n`;
}

async function setAside(file: string, reason: string): Promise<string> {
  const aside = await unusedName(file);
  await rename(file, aside).catch((cause: unknown) => {
    throw fileProblem(aside, "written", cause);
  });
  return `${path.basename(file)} could not be read (${reason}) and was set aside as ${path.basename(aside)}`;
}

function openedAs(read: UsableState): Omit<OpenedState, "problems"> {
  return {
    state: read.state,
    written: read.text,
    readOnly: read.kind === "newer",
    plainTokens: read.kind === "good" ? read.plainTokens : {},
  };
}

function newerProblems(file: string, read: UsableState): readonly PalyraError[] {
  return read.kind === "newer" ? [newerError(file, read.version)] : [];
}

type UsableState =
  | { readonly kind: "newer"; readonly state: StateFile; readonly text: string; readonly version: number }
  | {
      readonly kind: "good";
      readonly state: StateFile;
      /** The text that was read, without tokens. */
      readonly text: string;
      readonly plainTokens: PlainTokens;
    };

type ReadResult =
  | UsableState
  | { readonly kind: "missing" }
  | { readonly kind: "bad"; readonly reason: string };

async function readState(file: string, defaults: StateDefaults): Promise<ReadResult> {
  const reading = await readRegularFile(file);
  if (reading.kind === "missing") return reading;
  if (reading.kind === "unusable") return { kind: "bad", reason: `it ${reading.reason}` };
  return parseState(reading.text, defaults);
}

/** Reads the text of a state file of any version. Pure. */
export function parseState(text: string, defaults: StateDefaults): Exclude<ReadResult, { kind: "missing" }> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "bad", reason: "it is not JSON" };
  }
  const fields = objectOf(value);
  if (fields === null) return { kind: "bad", reason: "it is not a JSON object" };
  const version = fields.schema_version ?? 1;
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1) {
    return { kind: "bad", reason: "wrong values: schema_version" };
  }
  const fresh = newState(defaults);
  if (version > stateSchemaVersion) {
    return { kind: "newer", state: understood(completed(fields, fresh), fresh), text, version };
  }
  const plainTokens = plainTokensOf(fields);
  const clean = withoutPlainTokens(fields);
  const parsed = StateFile.safeParse(completed(migrateState(clean, version), fresh));
  if (parsed.success) {
    // The backup of a file that held tokens must not hold them either.
    const kept = Object.keys(plainTokens).length === 0 ? text : textOf(clean);
    return { kind: "good", state: parsed.data, text: kept, plainTokens };
  }
  const wrong = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
  return { kind: "bad", reason: `wrong values: ${wrong}` };
}

/** The content of a newer version with defaults for each field that has another form there. */
function understood(content: Readonly<Record<string, unknown>>, fresh: StateFile): StateFile {
  const parsed = StateFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const wrong = new Set(parsed.error.issues.map((issue) => String(issue.path[0])));
  return StateFile.parse({
    ...content,
    ...Object.fromEntries(Object.entries(fresh).filter(([field]) => wrong.has(field))),
  });
}

/** The content with defaults for what it lacks. */
function completed(fields: Readonly<Record<string, unknown>>, fresh: StateFile): Record<string, unknown> {
  return {
    ...fresh,
    ...fields,
    desired_running: withDefaults(fresh.desired_running, fields.desired_running),
    token_created_unix_ms: withDefaults(fresh.token_created_unix_ms, fields.token_created_unix_ms),
  };
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
