import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";

const HOST = "127.0.0.1";
const KEY_BYTES = 32;

export interface FrontDoorOptions {
  /** Loopback port of VS Code's server. */
  readonly backendPort: number;
  /** Keeps the server's half of the secrets' key over restarts. */
  readonly keyFile: string;
  /** Id of the view that a window shows when it is opened for the first time. */
  readonly firstView?: string;
}

/**
 * Stands before VS Code's server on a loopback port of its own and passes everything through, except for what VS Code
 * leaves to its embedder: `POST /mint-key`, the server's half of the key with which the workbench seals its secrets in
 * the browser (without it `SecretStorage` forgets everything at a window reload), and the first layout of a window.
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

  /** Listens on a free port. */
  static async open(options: FrontDoorOptions): Promise<FrontDoor> {
    const { backendPort, firstView } = options;
    const key = await keptKey(options.keyFile);
    const sockets = new Set<Socket>();
    const server = createServer((incoming, response) => {
      if (
        incoming.method === "POST" &&
        new URL(incoming.url ?? "/", "http://door").pathname === "/mint-key"
      ) {
        response.end(key);
      } else if (firstView !== undefined && incoming.method === "GET" && incoming.url?.startsWith("/?")) {
        forwardWorkbench(backendPort, incoming, response, firstView);
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

/** The page of the workbench carries the embedder's options as JSON in an attribute. */
function forwardWorkbench(
  port: number,
  incoming: IncomingMessage,
  response: ServerResponse,
  firstView: string,
): void {
  const { url, headers } = incoming;
  const plain = { ...headers, "accept-encoding": "identity" };
  const outgoing = request({ host: HOST, port, path: url, headers: plain, agent: false }, async (answer) => {
    const page = await text(answer);
    const layout = JSON.stringify({ views: [{ id: firstView }] }).replaceAll('"', "&quot;");
    const { "content-length": _, ...rest } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, rest);
    response.end(page.replace('data-settings="{', `data-settings="{&quot;defaultLayout&quot;:${layout},`));
  });
  outgoing.on("error", () => response.destroy());
  outgoing.end();
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
