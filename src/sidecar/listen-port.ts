import type { Server } from "node:net";
import { PalyraError, systemErrorCode } from "../platform/errors.ts";

export interface PortWish {
  readonly number: number;
  /** This port or none. */
  readonly pinned: boolean;
}

/** Every server of a sidecar listens here. */
export const loopbackHost = "127.0.0.1";

/**
 * Finds a port through attempts to listen: the wished one, else any free one unless it is pinned.
 * @param listen tries to listen on a port of the loopback address (0 = any) and resolves with the bound one
 * @throws `port_in_use` when a pinned port is taken
 */
export async function listenOnWishedPort(
  wish: PortWish,
  listen: (port: number) => Promise<number>,
): Promise<number> {
  try {
    return await listen(wish.number);
  } catch (thrown) {
    const code = systemErrorCode(thrown);
    if (code !== "EADDRINUSE" && code !== "EACCES") throw thrown;
    if (wish.pinned) {
      const fact = code === "EACCES" ? "may not be used by this user" : "is used by another program";
      throw new PalyraError("port_in_use", `Port ${wish.number} on ${loopbackHost} ${fact}.`, {
        cause: thrown,
      });
    }
    return await listen(0);
  }
}

/** Port of a server that listens on TCP. */
export function boundPortOf(server: Pick<Server, "address">): number {
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new PalyraError("internal_error", "The server does not listen on a port.");
  }
  return address.port;
}
