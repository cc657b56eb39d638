import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** As sent, with the query. */
  readonly url: string;
  readonly body: string;
}

/** Stands before a server, notes every request, also those the server knows no route for, and passes it on. */
export class RecordingProxy {
  readonly requests: WireRequest[] = [];
  readonly #server: http.Server;
  readonly #target: URL;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = http.createServer((request, response) => void this.#pass(request, response));
  }

  static async open(target: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(new URL(target));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** Its own address, with the path of the server it stands before. */
  get base(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${this.#target.pathname}`;
  }

  /** Bodies of the messages that were to be sent, in order. */
  sends(): Record<string, unknown>[] {
    return this.requests
      .filter(({ method, url }) => method === "POST" && url.endsWith("/messages"))
      .map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = "", url = "" } = request;
    this.requests.push({ method, url, body: body.toString("utf8") });
    const onward = http.request({
      host: this.#target.hostname,
      port: this.#target.port,
      method,
      path: url,
      headers: { ...request.headers, host: this.#target.host },
      agent: false,
    });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    // What cuts the one side cuts the other.
    onward.on("error", () => response.destroy());
    onward.end(body);
  }
}
