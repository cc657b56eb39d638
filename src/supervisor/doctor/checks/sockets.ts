import { lstat, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { systemErrorCode } from "../../../platform/errors.ts";
import { localEndpoint } from "../../../platform/state-paths.ts";
import { connectLocal } from "../../connect-local.ts";
import type { Check } from "../check.ts";

/** How long a socket has to accept, in milliseconds. */
const acceptMs = 500;
/** Sockets that are looked at in one folder. */
const socketLimit = 100;

/** Whether sockets lie about that nobody listens on, and whether new ones can be made. */
export const socketsCheck: Check = {
  id: "sockets",
  title: "Local sockets",
  async run({ paths }) {
    if (process.platform === "win32") {
      return { status: "ok", evidence: "Windows ends named pipes together with their programs." };
    }
    const place = path.dirname(localEndpoint(paths, "gateway-00000000"));
    const elsewhere =
      place === paths.runDir
        ? ""
        : ` The path of ${paths.runDir} is too long for sockets, so they are in ${place}.`;
    const found = [...new Set([place, paths.runDir, paths.storeDir])];
    const sockets = (await Promise.all(found.map(socketsIn))).flat();
    const stale: string[] = [];
    for (const socket of sockets) if (await isStale(socket)) stale.push(socket);
    if (stale.length === 0) {
      const living = sockets.length === 1 ? "1 socket is" : `${sockets.length} sockets are`;
      return { status: "ok", evidence: `${living} in use and none is left over.${elsewhere}` };
    }
    return {
      status: "warning",
      evidence: `Nobody listens on ${stale.join(", ")}: left by programs that were killed.${elsewhere}`,
      repair: {
        title: "Remove the sockets nobody listens on",
        preview: stale.map((socket) => `- ${socket}`),
        apply: async (say) => {
          for (const socket of stale) {
            // Looked at again: somebody may have come to listen since. A socket has no content to keep.
            if (!(await isStale(socket))) continue;
            await rm(socket, { force: true });
            say(`${socket} is removed.`);
          }
        },
      },
    };
  },
};

async function socketsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith(".sock")).slice(0, socketLimit);
  const sockets: string[] = [];
  for (const name of files) {
    const file = path.join(folder, name);
    const info = await lstat(file).catch((error: unknown) => {
      // Its program has just ended.
      if (systemErrorCode(error) === "ENOENT") return null;
      throw error;
    });
    if (info?.isSocket()) sockets.push(file);
  }
  return sockets;
}

/** Only a refusal proves that nobody listens: a stopped program accepts nothing and lives. */
async function isStale(socket: string): Promise<boolean> {
  try {
    (await connectLocal(socket, acceptMs)).destroy();
    return false;
  } catch (error) {
    return systemErrorCode(error) === "ECONNREFUSED";
  }
}
