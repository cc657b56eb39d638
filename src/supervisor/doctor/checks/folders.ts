import { constants, type Stats } from "node:fs";
import { access, chmod, lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { systemErrorCode } from "../../../platform/errors.ts";
import type { StatePaths } from "../../../platform/state-paths.ts";
import type { Check, Finding } from "../check.ts";

/** Files with private content that are looked at, in each folder at most. */
const fileLimit = 200;

interface Fault {
  readonly place: string;
  readonly sentence: string;
  /** The permission it has and the one it needs; null when the doctor cannot give it. */
  readonly mode: { readonly from: number; readonly to: number } | null;
}

/** Whether the folders belong to this user, are writable, and keep others out. */
export const foldersCheck: Check = {
  id: "folders",
  title: "Folders and permissions",
  async run({ paths, host }) {
    if ((await statOf(paths.root)) === null) {
      return { status: "ok", evidence: `${host.stateRoot} is not there yet; it is made at the first start.` };
    }
    // Windows keeps others out by the permissions of the user's profile folder.
    if (process.platform === "win32") return await writable(paths);
    const folders = [
      paths.root,
      paths.runDir,
      paths.logsDir,
      paths.storeDir,
      paths.secretsDir,
      paths.browserdDir,
      paths.timelineDir,
      paths.filesDir,
    ];
    const privateFiles = [
      paths.root,
      paths.secretsDir,
      paths.storeDir,
      paths.logsDir,
      paths.runDir,
      paths.timelineDir,
    ];
    const faults: Fault[] = [];
    for (const folder of folders) faults.push(...(await faultsOf(folder, 0o700, true)));
    for (const folder of privateFiles) {
      for (const file of await filesIn(folder)) faults.push(...(await faultsOf(file, 0o600, false)));
    }
    return faults.length === 0 ? await writable(paths) : findingOf(faults);
  },
};

function findingOf(faults: readonly Fault[]): Finding {
  const mendable = faults.flatMap(({ place, mode }) => (mode === null ? [] : [{ place, ...mode }]));
  const evidence = faults.map(({ sentence }) => sentence).join(" ");
  const finding: Finding = { status: "failed", evidence };
  if (mendable.length < faults.length) {
    return { ...finding, nextStep: "Give these to your user, or choose another state folder." };
  }
  return {
    ...finding,
    repair: {
      title: "Correct the permissions",
      preview: mendable.flatMap(({ place, from, to }) => [
        `- ${octal(from)} ${place}`,
        `+ ${octal(to)} ${place}`,
      ]),
      apply: async (say) => {
        for (const { place, from, to } of mendable) {
          await chmod(place, to);
          // The permissions as they were are in the sentence: nothing else is lost by the change.
          say(`${place}: ${octal(from)} became ${octal(to)}.`);
        }
      },
    },
  };
}

async function faultsOf(place: string, needed: number, isFolder: boolean): Promise<Fault[]> {
  const info = await statOf(place);
  if (info === null) return [];
  if (isFolder && !info.isDirectory()) {
    return [{ place, sentence: `${place} is not a folder.`, mode: null }];
  }
  // Sockets and links are judged where they are used.
  if (!isFolder && !info.isFile()) return [];
  if (process.getuid !== undefined && info.uid !== process.getuid()) {
    return [{ place, sentence: `${place} belongs to another user.`, mode: null }];
  }
  const from = info.mode & 0o777;
  const open = from & 0o077;
  const missing = needed & ~from;
  if (open === 0 && missing === 0) return [];
  const what = open === 0 ? "you may not use it" : "others may use it";
  return [
    { place, sentence: `${place} has the permissions ${octal(from)}: ${what}.`, mode: { from, to: needed } },
  ];
}

async function writable(paths: StatePaths): Promise<Finding> {
  try {
    await access(paths.root, constants.R_OK | constants.W_OK | constants.X_OK);
    return { status: "ok", evidence: `${paths.root} is yours and writable, and others are kept out.` };
  } catch (error) {
    return {
      status: "failed",
      evidence: `${paths.root} cannot be written (${systemErrorCode(error) ?? "unknown reason"}).`,
      nextStep: "Make it writable, or choose another state folder.",
    };
  }
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return (
      names
        // What people and editors write here has the permissions they gave it; no secret belongs in it.
        .filter((name) => !name.endsWith(".toml"))
        .slice(0, fileLimit)
        .map((name) => path.join(folder, name))
    );
  } catch (error) {
    // A folder that may not be read is a fault of its own.
    if (["ENOENT", "EACCES", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return [];
    throw error;
  }
}

async function statOf(place: string): Promise<Stats | null> {
  try {
    return await lstat(place);
  } catch (error) {
    if (["ENOENT", "EACCES", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return null;
    throw error;
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
