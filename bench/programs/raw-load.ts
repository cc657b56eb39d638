import net from "node:net";

/** One HTTP/1.1 request as bytes. */
export function rawRequest(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Buffer {
  const lines = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    "",
    "",
  ];
  return Buffer.concat([Buffer.from(lines.join("\r\n")), body]);
}

/**
 * Sends requests over kept connections, each its next one when the answer to the one before is there. Made of sockets
 * and little else, so that the server and not the sender is what is measured.
 * @returns milliseconds for all, and the number of answers of each status
 */
export async function rawLoad(
  port: number,
  requests: readonly Buffer[],
  connections: number,
): Promise<{ ms: number; statuses: ReadonlyMap<string, number> }> {
  const statuses = new Map<string, number>();
  let next = 0;
  const started = performance.now();
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = net.connect({ host: "127.0.0.1", port, noDelay: true });
      let received = "";
      const send = (): void => {
        const request = requests[next];
        next += 1;
        if (request === undefined) {
          socket.destroy();
          resolve();
        } else socket.write(request);
      };
      socket.on("connect", send);
      socket.on("error", reject);
      socket.setEncoding("latin1").on("data", (chunk: string) => {
        received += chunk;
        const end = received.indexOf("\r\n\r\n");
        if (end === -1) return;
        const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        const status = received.slice(9, 12);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        received = "";
        send();
      });
    });
  await Promise.all(Array.from({ length: connections }, one));
  return { ms: performance.now() - started, statuses };
}
