import { GatewayOpcodes } from "discord-api-types/v10";
// Node.js has a WebSocket of its own from version 22 on only.
import { WebSocket } from "ws";

/**
 * Connects to a gateway, without a token, and waits until it says hello: proof that firewalls and proxies let the
 * connection through. No session is started.
 * @param url must have been checked: `mayConnectTo`
 * @param timeoutMs longest wait
 * @throws when it does not answer as Discord's gateway does
 */
export async function hearHello(url: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const address = new URL(url);
  address.search = "?v=10&encoding=json";
  const socket = new WebSocket(address);
  const given = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(why));
      given.addEventListener("abort", () => reject(given.reason), { once: true });
      socket.addEventListener("error", () => fail("the connection was refused"));
      socket.addEventListener("close", ({ code }) => fail(`the connection was closed (code ${code})`));
      socket.addEventListener("message", ({ data }) => {
        if (isHello(data)) resolve();
        else fail("it does not answer as Discord does");
      });
    });
  } finally {
    socket.close();
  }
}

function isHello(data: unknown): boolean {
  if (typeof data !== "string" || data.length > 4_096) return false;
  try {
    const message: unknown = JSON.parse(data);
    return (
      typeof message === "object" &&
      message !== null &&
      "op" in message &&
      message.op === GatewayOpcodes.Hello
    );
  } catch {
    // Not JSON is not Discord.
    return false;
  }
}
