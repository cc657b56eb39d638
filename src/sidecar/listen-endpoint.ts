import { chmod, unlink } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { PalyraError, systemErrorCode } from "../platform/errors.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";

/** How long a possible other listener has to accept a connection, in milliseconds. */
const probeTimeoutMs = 2_000;

/**
 * Listens on a local socket only this user can reach: mode 0600 in a 0700 folder, a named pipe on
 * Windows. A socket file nobody answers on is left over from a crash and is replaced.
 * @throws `already_owned` when another process answers there
 */
export async function listenOnEndpoint(server: net.Server, endpoint: string): Promise<void> {
  const isFile = process.platform !== "win32";
  if (isFile) await ensurePrivateFolder(path.dirname(endpoint));
  try {
    await listen(server, endpoint);
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "EADDRINUSE") throw thrown;
    if (!isFile || (await isAnswered(endpoint))) {
      throw new PalyraError("already_owned", `Another service is already running on ${endpoint}.`, {
        nextStep: "Stop the running service first.",
        cause: thrown,
      });
    }
    await unlinkIfThere(endpoint);
    await listen(server, endpoint);
  }
  if (isFile) await chmod(endpoint, 0o600);
}

function listen(server: net.Server, endpoint: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(endpoint, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function isAnswered(endpoint: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(endpoint);
    const settle = (finish: () => void): void => {
      clearTimeout(deadline);
      socket.destroy();
      finish();
    };
    // Who accepts nothing within the deadline may hang, but it is alive.
    const deadline = setTimeout(() => settle(() => resolve(true)), probeTimeoutMs);
    socket.on("connect", () => settle(() => resolve(true)));
    socket.on("error", (error) => {
      const code = systemErrorCode(error);
      if (code === "ECONNREFUSED" || code === "ENOENT") settle(() => resolve(false));
      else settle(() => reject(error));
    });
  });
}

async function unlinkIfThere(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
  }
}
