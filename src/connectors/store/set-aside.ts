import path from "node:path";
import { type FileLayer, removeIfPresent, writeFileDurably } from "./file-layer.ts";
import type { StoreEvent } from "./store-events.ts";

/** A file, or the end of one, that cannot be used and is kept under a new name. */
export interface SetAside {
  readonly file: string;
  /** Only the bytes from here on; the whole file when undefined. */
  readonly tail?: Uint8Array;
  readonly reason: string;
  /** True when transactions that were reported as stored may be in it. */
  readonly lossPossible: boolean;
}

/** Gives a file, or a copy of its broken end, a new name. */
export async function setAside(
  layer: FileLayer,
  folder: string,
  item: SetAside,
  time: number,
): Promise<StoreEvent> {
  const stamp = new Date(time).toISOString().replace(/[:.]/g, "-");
  const taken = new Set(await layer.list(folder));
  const base = `${item.file}.${item.tail === undefined ? "unreadable" : "cut"}-${stamp}`;
  let name = base;
  for (let number = 2; taken.has(name); number += 1) name = `${base}-${number}`;
  if (item.tail === undefined) {
    await layer.rename(path.join(folder, item.file), path.join(folder, name));
    await layer.syncFolder(folder);
  } else {
    await writeFileDurably(layer, path.join(folder, name), item.tail);
  }
  const what = item.tail === undefined ? item.file : `The last ${item.tail.length} bytes of ${item.file}`;
  const loss = item.lossPossible
    ? "Messages stored in it may be missing."
    : "Nothing that was stored is missing.";
  return {
    kind: "set_aside",
    level: item.lossPossible ? "error" : "warn",
    message: `${what} could not be used (${item.reason}) and was kept as ${name}. ${loss}`,
    details: { file: item.file, keptAs: name, reason: item.reason, lossPossible: item.lossPossible },
  };
}

/** Files that are kept aside at most: who has not looked after so many accidents does not want the first. */
const keptAside = 20;

/** Removes the oldest files that were set aside beyond a number, so that accidents do not fill the disk. */
export async function forgetOldSetAside(layer: FileLayer, folder: string): Promise<void> {
  const time = (name: string): string => /\.(?:unreadable|cut|replaced)-(.+)$/.exec(name)?.[1] ?? "";
  const aside = (await layer.list(folder)).filter((name) => time(name) !== "");
  const oldestFirst = aside.sort((a, b) => (time(a) < time(b) ? -1 : 1));
  for (const name of oldestFirst.slice(0, Math.max(0, aside.length - keptAside))) {
    await removeIfPresent(layer, path.join(folder, name));
  }
}
