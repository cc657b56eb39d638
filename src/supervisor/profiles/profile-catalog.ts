import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import {
  NewProfileName,
  ProfileRecord,
  profileSchemaVersion,
  TerminalChoice,
} from "../../contracts/profile.ts";
import { defaultProfileName } from "../../contracts/profile-name.ts";
import { fileProblem, PalyraError, systemErrorCode } from "../../platform/errors.ts";
import { readRegularFile } from "../../platform/read-regular-file.ts";
import { ensurePrivateFolder } from "../../platform/secure-folder.ts";
import { writePrivateFile } from "../../platform/write-private-file.ts";

/** Begins the names of profiles that are being deleted. */
const removedPrefix = ".removed-";

/** A profile: a state root of its own, and with it own services, configuration, messages and secrets. */
export interface Profile {
  readonly name: string;
  /** Null for the default profile. */
  readonly id: string | null;
  readonly stateRoot: string;
}

/**
 * The profiles beneath a place for state. The default profile is that place itself; each other one is a folder
 * `profiles/NAME` in it. There is no list that could be wrong: the folders are the list.
 */
export class ProfileCatalog {
  readonly #base: string;

  /** @param base absolute path: the state root of the default profile */
  constructor(base: string) {
    this.#base = base;
  }

  /** All profiles, the default one first, the others by name. */
  async list(): Promise<readonly Profile[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (systemErrorCode(error) === "ENOENT") return [];
      throw fileProblem(this.#folder, "read", error);
    });
    const found: Profile[] = [];
    for (const name of names.sort()) {
      const profile = NewProfileName.safeParse(name).success ? await this.#read(name) : null;
      if (profile !== null) found.push(profile);
    }
    return [this.#default, ...found];
  }

  /** @throws `not_found` when there is no profile of that name */
  async get(name: string): Promise<Profile> {
    if (name === defaultProfileName) return this.#default;
    const found = NewProfileName.safeParse(name).success ? await this.#read(name) : null;
    if (found !== null) return found;
    throw new PalyraError("not_found", `There is no profile “${name}”.`, {
      nextStep: "“palyra profile list” shows those there are; “palyra profile create” makes one.",
    });
  }

  /** Makes a profile. @throws `validation_error` for a name that cannot be used, `conflict` for one that is taken */
  async create(name: string, now: number): Promise<Profile> {
    const fault = nameFault(name);
    if (fault !== null) {
      throw new PalyraError("validation_error", `“${name}” cannot be the name of a profile. ${fault}`, {
        nextStep: "Choose another name.",
      });
    }
    await ensurePrivateFolder(this.#folder);
    await this.#deleteRemoved().catch((cause: unknown) => {
      throw fileProblem(this.#folder, "written", cause);
    });
    const stateRoot = this.#rootOf(name);
    const id = randomBytes(16).toString("base64url");
    const record: ProfileRecord = { schema_version: profileSchemaVersion, name, id, created_at_unix_ms: now };
    // Made whole beside its place: nobody ever sees a profile without its record.
    const draft = path.join(this.#folder, `.new-${id}`);
    try {
      await mkdir(draft, { mode: 0o700 });
      await writePrivateFile(path.join(draft, recordName), `${JSON.stringify(record, null, 2)}\n`);
      await moveUnlessTaken(draft, stateRoot);
    } catch (thrown) {
      await rm(draft, { recursive: true, force: true });
      if (["ENOTEMPTY", "EEXIST", "EPERM", "ENOTDIR"].includes(systemErrorCode(thrown) ?? "")) {
        throw new PalyraError("conflict", `There is a profile or a folder “${name}” already.`, {
          nextStep: "Choose another name.",
          cause: thrown,
        });
      }
      throw thrown instanceof PalyraError ? thrown : fileProblem(stateRoot, "written", thrown);
    }
    return { name, id, stateRoot };
  }

  /**
   * Removes a profile with everything in its state root. Who calls makes sure that nothing runs in it.
   * @throws `forbidden` for the default profile, `not_found`
   */
  async remove(name: string): Promise<void> {
    if (name === defaultProfileName) {
      throw new PalyraError("forbidden", "The default profile cannot be removed.", {
        nextStep: "Name another profile.",
      });
    }
    const { stateRoot, id } = await this.get(name);
    try {
      // Out of the list in one step, also when the deletion is interrupted.
      await rename(stateRoot, path.join(this.#folder, `${removedPrefix}${id}`));
      await this.#deleteRemoved();
    } catch (thrown) {
      throw fileProblem(stateRoot, "written", thrown);
    }
    if ((await this.terminalChoice()) === name) await this.chooseForTerminals(defaultProfileName);
  }

  /** Profile that commands in a terminal use when they name none. Windows have a choice of their own. */
  async terminalChoice(): Promise<string> {
    const reading = await readRegularFile(this.#choiceFile);
    if (reading.kind !== "read") return defaultProfileName;
    const choice = TerminalChoice.safeParse(parseJson(reading.text));
    // What cannot be read chooses nothing.
    return choice.success ? choice.data.profile : defaultProfileName;
  }

  /** @throws `not_found` */
  async chooseForTerminals(name: string): Promise<void> {
    await this.get(name);
    await ensurePrivateFolder(this.#folder);
    const choice = { schema_version: profileSchemaVersion, profile: name };
    await writePrivateFile(this.#choiceFile, `${JSON.stringify(choice)}\n`).catch((cause: unknown) => {
      throw fileProblem(this.#choiceFile, "written", cause);
    });
  }

  /** Deletes what was removed from the list, also by a removal that was interrupted: it holds secrets. */
  async #deleteRemoved(): Promise<void> {
    for (const entry of await readdir(this.#folder)) {
      if (!entry.startsWith(removedPrefix)) continue;
      await rm(path.join(this.#folder, entry), { recursive: true, force: true, maxRetries: 5 });
    }
  }

  get #default(): Profile {
    return { name: defaultProfileName, id: null, stateRoot: this.#base };
  }

  get #folder(): string {
    return path.join(this.#base, "profiles");
  }

  get #choiceFile(): string {
    return path.join(this.#folder, "terminal.json");
  }

  #rootOf(name: string): string {
    return path.join(this.#folder, name);
  }

  /** Null when the folder has no record of a profile of its name. */
  async #read(name: string): Promise<Profile | null> {
    const stateRoot = this.#rootOf(name);
    const reading = await readRegularFile(path.join(stateRoot, recordName)).catch((error: unknown) => {
      // A file in place of the folder is no profile.
      if (error instanceof PalyraError && systemErrorCode(error.cause) === "ENOTDIR") return null;
      throw error;
    });
    if (reading?.kind !== "read") return null;
    const record = ProfileRecord.safeParse(parseJson(reading.text));
    return record.success && record.data.name === name ? { name, id: record.data.id, stateRoot } : null;
  }
}

const recordName = "profile.json";

/** Why a new profile cannot have a name; null when it can. */
export function nameFault(name: string): string | null {
  const checked = NewProfileName.safeParse(name);
  return checked.success ? null : (checked.error.issues[0]?.message ?? "Choose another name.");
}

/** A rename would silently replace an empty folder; what is there may be somebody's. */
async function moveUnlessTaken(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  // The empty folder that was just made here is replaced; on Windows it has to go before.
  if (process.platform === "win32") await rmdir(to);
  await rename(from, to);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the schema refuses it.
    return null;
  }
}
