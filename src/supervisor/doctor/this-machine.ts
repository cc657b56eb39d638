import { statfs } from "node:fs/promises";
import type { DoctorHost } from "./check.ts";

/** The parts of a doctor's host that are the same for all: the disk and the clock of this machine. */
export const thisMachine: Pick<DoctorHost, "freeBytes" | "now"> = {
  freeBytes: async (folder) => {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
  now: Date.now,
};
