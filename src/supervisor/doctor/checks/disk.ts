import { stat } from "node:fs/promises";
import path from "node:path";
import { systemErrorCode } from "../../../platform/errors.ts";
import type { Check } from "../check.ts";

const megabyte = 1024 * 1024;
/** Free space below which messages may soon not be stored, and below which it is worth a warning, in bytes. */
const failureBytes = 50 * megabyte;
const warningBytes = 500 * megabyte;

/** Whether the disk has room for messages and logs. */
export const diskCheck: Check = {
  id: "disk",
  title: "Disk space",
  async run({ host }) {
    const free = await host.freeBytes(await nearestFolder(host.stateRoot));
    const evidence = `${Math.floor(free / megabyte)} MB are free for ${host.stateRoot}.`;
    if (free >= warningBytes) return { status: "ok", evidence };
    return {
      status: free < failureBytes ? "failed" : "warning",
      evidence: free < failureBytes ? `The disk is full: ${evidence}` : evidence,
      nextStep: "Free disk space; messages cannot be stored on a full disk.",
    };
  },
};

/** The folder, or what will hold it when it is made. */
async function nearestFolder(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    const above = path.dirname(folder);
    if (systemErrorCode(error) !== "ENOENT" || above === folder) throw error;
    return await nearestFolder(above);
  }
}
