import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import path from "node:path";

const HOST = "127.0.0.1";
const KEY_BYTES = 32;

/**
 * Stands before VS Code's server on a loopback port of its own and passes everything through, except for the one
 * route that VS Code leaves to its embedder: `POST /mint-key`, the server's half of the key with which the workbench
 * seals its secrets in the browser. Without it `SecretStorage` forgets everything at a window reload.
 */
export class FrontDoor {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Listens on a free port. The key is kept in `keyFile`, so secrets outlive a restart of the server. */
  static async open(backendPort: number, keyFile: string): Promise<FrontDoor> {
    const key = await keptKey(keyFile);
    const sockets = new Set<Socket>();
    const server = createServer((incoming, response) => {
      if (
        incoming.method === "POST" &&
        new URL(incoming.url ?? "/", "http://door").pathname === "/mint-key"
      ) {
        response.end(key);
      } else {
        forward(backendPort, incoming, response);
      }
    });
    server.on("connection", (socket) => track(sockets, socket));
    server.on("upgrade", (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
      track(sockets, forwardUpgrade(backendPort, incoming, socket, head));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, HOST, resolve);
    });
    return new FrontDoor(server, sockets);
  }

  /** Ends all connections and stops listening. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await closed;
  }
}

async function keptKey(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw error;
    }
  }
  const key = randomBytes(KEY_BYTES);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, key, { mode: 0o600 });
  return key;
}

function track(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
}

function forward(port: number, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = incoming;
  const outgoing = request({ host: HOST, port, method, path: url, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  // The server is being stopped: the browser sees a cut connection, as it would without this door.
  outgoing.on("error", () => response.destroy());
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}

function forwardUpgrade(port: number, incoming: IncomingMessage, socket: Socket, head: Buffer): Socket {
  const backend = connect(port, HOST, () => {
    const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
    for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
      lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
    }
    backend.write(`${lines.join("\r\n")}\r\n\r\n`);
    backend.write(head);
    socket.pipe(backend).pipe(socket);
  });
  // One side going away must take the other with it: VS Code reconnects by itself.
  for (const [here, there] of [
    [socket, backend],
    [backend, socket],
  ] as const) {
    here.on("error", () => there.destroy());
    here.on("close", () => there.destroy());
  }
  return backend;
}
