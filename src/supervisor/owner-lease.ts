import { randomBytes } from "node:crypto";
import { link, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { systemErrorCode } from "../platform/errors.ts";
import { readRegularFile } from "../platform/read-regular-file.ts";
import { writePrivateFile } from "../platform/write-private-file.ts";
import { unusedName } from "./set-aside.ts";

/** Who owns a state root. `endpoint` is where the owner answers. */
export const LeaseHolder = z.object({
  name: z.string(),
  pid: z.int(),
  process_start: z.string(),
  endpoint: z.string(),
  acquired_at_unix_ms: z.int(),
  /** Set when the owner left by itself. */
  released: z.boolean(),
});
export type LeaseHolder = z.infer<typeof LeaseHolder>;

export interface Lease {
  readonly generation: number;
  /** Null when the file cannot be read: then nobody can be named. */
  readonly holder: LeaseHolder | null;
}

/** No lease of ours has so high a number: a state root would have to change its owner every second for ages. */
const lastGeneration = 10 ** 12;

const leaseName = /^owner\.(\d{1,15})\.lease$/;

/**
 * The right to run the services of a state root, as numbered files: the highest number counts. A lease is
 * taken by creating the next number, which the file system grants to one process only; no number is ever
 * given again, because the highest file is never removed. So a slow contender that judged an older lease
 * stale cannot take away a newer one, as it could if it removed and re-created a single file.
 */
export class LeaseFolder {
  readonly #folder: string;

  /** @param folder private folder; must exist before a lease is taken */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The lease that counts; null when there never was one. */
  async current(): Promise<Lease | null> {
    const generation = (await this.#generations()).at(-1);
    if (generation === undefined) return null;
    return { generation, holder: await this.#read(generation) };
  }

  /**
   * Takes the lease after `generation`.
   * @returns whether it was taken; false when another process was faster
   */
  async take(generation: number, holder: LeaseHolder): Promise<boolean> {
    if (generation > lastGeneration) {
      // A damaged name, beyond which no number would be left: out of the way, and counted from one again.
      await this.#retire(generation - 1);
      return false;
    }
    const file = this.#file(generation);
    // Linked into place with its content, so that nobody reads half of it.
    const draft = `${file}.${randomBytes(6).toString("hex")}`;
    await writeFile(draft, JSON.stringify(holder), { mode: 0o600, flag: "wx" });
    try {
      await link(draft, file);
    } catch (error) {
      if (systemErrorCode(error) === "EEXIST") return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
    const generations = await this.#generations();
    if (generations.at(-1) !== generation) {
      await rm(file, { force: true });
      return false;
    }
    for (const older of generations.slice(0, -1)) {
      // One that cannot be removed, as a folder in its place, only takes room: the highest number counts.
      await rm(this.#file(older), { force: true }).catch(() => undefined);
    }
    return true;
  }

  /** Notes that its holder left, so that the next owner need not prove it dead. */
  async release(generation: number, holder: LeaseHolder): Promise<void> {
    await writePrivateFile(this.#file(generation), JSON.stringify({ ...holder, released: true }));
  }

  async #retire(generation: number): Promise<void> {
    const file = this.#file(generation);
    try {
      await rename(file, await unusedName(file));
    } catch (error) {
      // Another contender did it.
      if (systemErrorCode(error) !== "ENOENT") throw error;
    }
  }

  #file(generation: number): string {
    return path.join(this.#folder, `owner.${generation}.lease`);
  }

  async #generations(): Promise<number[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      // Nobody ever owned this state root.
      if (systemErrorCode(error) === "ENOENT") return [];
      throw error;
    });
    return names
      .flatMap((name) => leaseName.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  async #read(generation: number): Promise<LeaseHolder | null> {
    try {
      const reading = await readRegularFile(this.#file(generation));
      // Removed by the owner of a higher one, or damaged: either way it names nobody.
      if (reading.kind !== "read") return null;
      const parsed = LeaseHolder.safeParse(JSON.parse(reading.text));
      return parsed.success ? parsed.data : null;
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  }
}
