import { randomBytes } from "node:crypto";
import { chmod, readdir } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import * as z from "zod";
import {
  type GatewayAnswer,
  type GatewayCall,
  GatewayCall as GatewayCallSchema,
  type OwnerCommand,
  type OwnerCommandResult,
  OwnerCommand as OwnerCommandSchema,
  OwnerHelloRequest,
  type OwnerHelloResponse,
  ownerMethods,
  ownerNotifications,
  ownerProtocol,
} from "../contracts/owner-link.ts";
import { type LogLine, ServiceKind } from "../contracts/services.ts";
import type { ControlCenterSnapshot } from "../contracts/snapshot.ts";
import { detailsOf, PalyraError, systemErrorCode } from "../platform/errors.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";
import { localEndpoint, type StatePaths } from "../platform/state-paths.ts";
import { RpcConnection } from "./rpc-connection.ts";

/** Connections at one time; more are closed at once. */
const connectionLimit = 64;
/** Largest message of an observer, in bytes: the largest payload of a webhook in base64, with what is around it. */
const requestLimit = 2 * 1024 * 1024;
/** Time in which who connects must say hello, in milliseconds: silent connections leave room for others. */
const helloLimitMs = 5_000;

const endpointPrefix = "owner-";

/** Where owners of a state root listen or listened, also those that are gone. */
export async function ownerEndpoints(paths: StatePaths): Promise<string[]> {
  const pattern = localEndpoint(paths, `${endpointPrefix}*`);
  const folder = path.dirname(pattern);
  const [start = "", end = ""] = path.basename(pattern).split("*");
  const names = await readdir(folder).catch((error: unknown) => {
    // Nobody ever listened.
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  });
  return names
    .filter((name) => name.startsWith(start) && name.endsWith(end))
    .map((name) => path.join(folder, name));
}

/** What observers see of the owner and ask of it. */
export interface OwnerServices {
  readonly owner: OwnerHelloResponse["owner"];
  snapshot(): ControlCenterSnapshot;
  logs(service: ServiceKind | undefined): readonly LogLine[];
  /** Carries out a command. @returns a sentence about what was done */
  command(command: OwnerCommand): Promise<string>;
  /** Makes a request of the gateway. @returns its answer */
  callGateway(call: GatewayCall, signal: AbortSignal): Promise<unknown>;
  /** An observer said hello. */
  observerJoined(hello: OwnerHelloRequest): void;
  /** A connection was ended because its peer broke a bound. */
  peerCut(reason: string): void;
}

/** The owner's end of the owner link, on a local socket with a name of its own. */
export class OwnerServer {
  readonly endpoint: string;
  readonly #server: net.Server;
  readonly #open = new Set<RpcConnection>();
  readonly #observers = new Set<RpcConnection>();
  #services: OwnerServices | null = null;
  #serving: () => void = () => undefined;
  readonly #ready = new Promise<void>((resolve) => {
    this.#serving = resolve;
  });

  readonly #helloLimitMs: number;

  private constructor(endpoint: string, helloLimit: number) {
    this.endpoint = endpoint;
    this.#helloLimitMs = helloLimit;
    this.#server = net.createServer((socket) => this.#accept(socket));
  }

  /**
   * Listens; who connects waits for an answer until `serve`.
   * @param helloLimit milliseconds after which a connection without a hello is closed
   */
  static async listen(paths: StatePaths, helloLimit = helloLimitMs): Promise<OwnerServer> {
    const endpoint = localEndpoint(paths, `${endpointPrefix}${randomBytes(4).toString("hex")}`);
    const isFile = process.platform !== "win32";
    if (isFile) await ensurePrivateFolder(path.dirname(endpoint));
    const server = new OwnerServer(endpoint, helloLimit);
    await new Promise<void>((resolve, reject) => {
      server.#server.once("error", reject);
      server.#server.listen(endpoint, resolve);
    });
    if (isFile) await chmod(endpoint, 0o600);
    return server;
  }

  serve(services: OwnerServices): void {
    this.#services = services;
    this.#serving();
  }

  sendSnapshot(snapshot: ControlCenterSnapshot): void {
    for (const observer of this.#observers) observer.notify(ownerNotifications.snapshot, snapshot);
  }

  sendLines(lines: readonly LogLine[]): void {
    for (const observer of this.#observers) observer.notify(ownerNotifications.log, { lines });
  }

  /** Closes all connections and the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#open) connection.close();
    await closed;
  }

  #accept(socket: net.Socket): void {
    if (this.#open.size >= connectionLimit) {
      socket.destroy();
      return;
    }
    const rpc = new RpcConnection(socket, {
      maxMessage: requestLimit,
      cut: (reason) => this.#services?.peerCut(reason),
    });
    this.#open.add(rpc);
    const silent = setTimeout(() => rpc.close(), this.#helloLimitMs);
    rpc.onClosed(() => {
      clearTimeout(silent);
      this.#open.delete(rpc);
      this.#observers.delete(rpc);
    });
    rpc.handle(ownerMethods.hello, OwnerHelloRequest, async (hello) => {
      if (hello.protocol !== ownerProtocol) {
        throw new PalyraError(
          "version_skew",
          `The caller speaks protocol ${hello.protocol}; the owner speaks ${ownerProtocol}.`,
          { nextStep: "Close the windows that run an older Palyra." },
        );
      }
      clearTimeout(silent);
      const services = await this.#whenServing();
      this.#observers.add(rpc);
      setImmediate(() => services.observerJoined(hello));
      return { protocol: ownerProtocol, owner: services.owner, snapshot: services.snapshot() };
    });
    rpc.handle(ownerMethods.command, OwnerCommandSchema, async (command): Promise<OwnerCommandResult> => {
      try {
        return { ok: true, message: await (await this.#whenServing()).command(command) };
      } catch (thrown) {
        return { ok: false, error: detailsOf(thrown) };
      }
    });
    rpc.handle(ownerMethods.gateway, GatewayCallSchema, async (call, signal): Promise<GatewayAnswer> => {
      try {
        return { ok: true, body: await (await this.#whenServing()).callGateway(call, signal) };
      } catch (thrown) {
        return { ok: false, error: detailsOf(thrown) };
      }
    });
    const LogsRequest = z.object({ service: ServiceKind.optional() });
    rpc.handle(ownerMethods.logs, LogsRequest, async ({ service }) => ({
      lines: [...(await this.#whenServing()).logs(service)],
    }));
    rpc.listen();
  }

  async #whenServing(): Promise<OwnerServices> {
    await this.#ready;
    if (this.#services === null) throw new PalyraError("service_unavailable", "The owner is starting.");
    return this.#services;
  }
}
