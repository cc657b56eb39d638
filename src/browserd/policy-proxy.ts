import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { messageOf, systemErrorCode } from "../platform/errors.ts";
import type { Logger } from "./logger.ts";
import { readSocksRequest, type SocksReply, writeSocksReply } from "./socks5.ts";
import { decideAddresses, decideHost, type TargetPolicy, type TargetRefusal } from "./target-policy.ts";

/** How the proxy reaches the network. */
export interface Network {
  /** All addresses of a host name. Rejects when there are none. */
  resolve(host: string): Promise<readonly string[]>;
  /** Connects to one of the addresses, which were all checked. No further look-up may happen. */
  connect(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket>;
}

/** A connection that the browser asked for and did not get. */
export interface RefusedConnection {
  readonly host: string;
  readonly port: number;
  readonly cause: "policy" | "name_not_found" | "unreachable";
  readonly refusal?: TargetRefusal;
  /** One plain sentence. */
  readonly reason: string;
}

export interface PolicyProxyOptions {
  readonly policy: TargetPolicy;
  readonly network: Network;
  readonly logger: Logger;
  /** milliseconds for the handshake, the look-up and the connection together */
  readonly connectTimeoutMs?: number;
}

const keptRefusals = 100;

/**
 * The only way from a browser context to the network: a SOCKS5 proxy on loopback that resolves each name
 * once, checks all its addresses, and connects to an address that it has checked. So a redirect, a
 * sub-resource, a WebSocket or a name server that changes its answer cannot lead around the policy.
 */
export class PolicyProxy {
  readonly #options: PolicyProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #refused: RefusedConnection[] = [];
  #refusedBefore = 0;

  constructor(options: PolicyProxyOptions) {
    this.#options = options;
    this.#server = createServer((client) => void this.#serve(client));
  }

  /** Listens on a free loopback port and returns it. */
  async start(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("The policy proxy has no port.");
    return address.port;
  }

  /** A mark for `refusedSince`. */
  get mark(): number {
    return this.#refusedBefore + this.#refused.length;
  }

  /** The refused connections since a mark, oldest first, at most the last hundred. */
  refusedSince(mark: number): readonly RefusedConnection[] {
    return this.#refused.slice(Math.max(0, mark - this.#refusedBefore));
  }

  /** Ends all connections and stops listening. */
  async stop(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, "close") : undefined;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(client: Socket): Promise<void> {
    const handshake = new AbortController();
    const limit = setTimeout(() => handshake.abort(), this.#options.connectTimeoutMs ?? 15_000);
    client.once("close", () => handshake.abort());
    this.#track(client);
    const { signal } = handshake;
    let upstream: Socket;
    try {
      const target = await readSocksRequest(client, signal);
      const outcome = await this.#open(target.host, target.port, signal);
      if (!(outcome instanceof Object && "socket" in outcome)) {
        this.#remember(outcome.refused);
        await writeSocksReply(client, outcome.reply);
        client.end();
        return;
      }
      upstream = outcome.socket;
      this.#track(upstream);
      await writeSocksReply(client, "succeeded");
    } catch (error) {
      // The browser left, took too long, or does not speak SOCKS5: there is nobody to answer.
      this.#options.logger.debug({ reason: messageOf(error) }, "A proxy connection ended in its handshake.");
      client.destroy();
      return;
    } finally {
      clearTimeout(limit);
    }
    try {
      await pipeline(client, upstream, client);
    } catch (error) {
      // Either side may break off at any time; the browser sees that as what it is.
      this.#options.logger.debug({ reason: messageOf(error) }, "A proxied connection broke off.");
    } finally {
      client.destroy();
      upstream.destroy();
    }
  }

  async #open(
    host: string,
    port: number,
    signal: AbortSignal,
  ): Promise<{ socket: Socket } | { reply: SocksReply; refused: RefusedConnection }> {
    const { policy, network } = this.#options;
    const named = decideHost(host, policy);
    if (!named.allowed) return refusedByPolicy(host, port, named.refusal, named.reason);
    let addresses: readonly string[];
    try {
      addresses = await network.resolve(host);
    } catch (error) {
      return {
        reply: "hostUnreachable",
        refused: {
          host,
          port,
          cause: "name_not_found",
          reason: `The name “${host}” could not be resolved (${systemErrorCode(error) ?? messageOf(error)}).`,
        },
      };
    }
    const resolved = decideAddresses(host, addresses, policy);
    if (!resolved.allowed) return refusedByPolicy(host, port, resolved.refusal, resolved.reason);
    try {
      return { socket: await network.connect(addresses, port, signal) };
    } catch (error) {
      return {
        reply: "connectionRefused",
        refused: {
          host,
          port,
          cause: "unreachable",
          reason: `“${host}” does not answer on port ${port} (${systemErrorCode(error) ?? messageOf(error)}).`,
        },
      };
    }
  }

  #remember(refused: RefusedConnection): void {
    this.#refused.push(refused);
    if (this.#refused.length > keptRefusals) {
      this.#refused.shift();
      this.#refusedBefore += 1;
    }
    this.#options.logger.info(
      { host: refused.host, port: refused.port, cause: refused.cause, refusal: refused.refusal },
      "A connection of the browser was refused.",
    );
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    // Every outcome of a tunnel ends in `close`, which cleans up; an error needs no treatment of its own.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

function refusedByPolicy(
  host: string,
  port: number,
  refusal: TargetRefusal,
  reason: string,
): { reply: SocksReply; refused: RefusedConnection } {
  return { reply: "notAllowed", refused: { host, port, cause: "policy", refusal, reason } };
}
