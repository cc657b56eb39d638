import net from "node:net";
import { type LogNotification, sidecarNotifications } from "../contracts/control-link.ts";
import { logRingCapacity } from "../contracts/services.ts";
import type { SidecarStatus } from "../contracts/sidecar-status.ts";
import { ControlConnection, type ControlTarget } from "./control-connection.ts";
import { listenOnEndpoint } from "./listen-endpoint.ts";
import { LineBatch } from "./log/line-batch.ts";
import type { Logger } from "./log/logger.ts";
import type { PublishedLine } from "./log/sidecar-log.ts";

/** Connections at one time; more are closed at once. */
const connectionLimit = 64;
/** Lines are sent together, this often (ms). */
const logBatchMs = 100;

export interface ControllerEvents {
  controllerJoined(): void;
  controllerLeft(): void;
}

/** The sidecar's end of the control link: any number of controllers and observers on one local socket. */
export class ControlLinkServer {
  readonly #server: net.Server;
  readonly #connections = new Set<ControlConnection>();
  /** Those that have proven themselves, oldest first. */
  readonly #admitted = new Set<ControlConnection>();
  readonly #log: Logger;
  readonly #events: ControllerEvents;
  /** Waits for a controller. */
  #suspicion: string | null = null;
  #recentLines: PublishedLine[] = [];
  readonly #waitingLines = new LineBatch();
  #logTimer: NodeJS.Timeout | null = null;

  constructor(options: {
    instanceId: string;
    target: ControlTarget;
    events: ControllerEvents;
    log: Logger;
  }) {
    this.#log = options.log;
    this.#events = options.events;
    this.#server = net.createServer((socket) => {
      if (this.#connections.size >= connectionLimit) {
        socket.destroy();
        return;
      }
      this.#connections.add(
        new ControlConnection(socket, options.instanceId, options.target, {
          admitted: (connection) => this.#admit(connection),
          closed: (connection, reason) => this.#forget(connection, reason),
        }),
      );
    });
  }

  /** @throws `already_owned` when another process answers on the endpoint */
  async listen(endpoint: string): Promise<void> {
    await listenOnEndpoint(this.#server, endpoint);
    this.#server.on("error", (error) => this.#log.error("control link failed", { error: error.message }));
  }

  /** Proven controllers, newest first. */
  controllers(): ControlConnection[] {
    return [...this.#admitted].filter((connection) => connection.role === "controller").reverse();
  }

  sendStatus(status: SidecarStatus): void {
    for (const connection of this.#admitted) connection.notify(sidecarNotifications.status, status);
  }

  /** Tells the newest controller, or the next one, that the sidecar's token may be known to others. */
  suspect(reason: string): void {
    const [controller] = this.controllers();
    if (controller === undefined) this.#suspicion = reason;
    else controller.notify(sidecarNotifications.suspicion, { reason });
  }

  /** Sends a line to all connections; a new one gets the recent lines after its hello. */
  sendLine(line: PublishedLine): void {
    this.#recentLines.push(line);
    if (this.#recentLines.length > logRingCapacity * 2) {
      this.#recentLines = this.#recentLines.slice(-logRingCapacity);
    }
    if (this.#admitted.size === 0) return;
    this.#waitingLines.add(line);
    if (this.#logTimer === null) {
      this.#logTimer = setTimeout(() => this.#flushLines(), logBatchMs);
      this.#logTimer.unref();
    }
  }

  /** Sends what waits, then closes all connections and the socket. */
  async close(): Promise<void> {
    this.#flushLines();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) void connection.end();
    const cut = setTimeout(() => {
      for (const connection of this.#connections) connection.close(null);
    }, 250);
    await closed;
    clearTimeout(cut);
  }

  #admit(connection: ControlConnection): void {
    this.#flushLines();
    if (this.#recentLines.length > 0) {
      const backlog: LogNotification = { lines: this.#recentLines.slice(-logRingCapacity) };
      connection.notify(sidecarNotifications.log, backlog);
    }
    this.#admitted.add(connection);
    this.#log.info("control link joined", { role: connection.role, client: connection.client });
    if (connection.role !== "controller") return;
    this.#events.controllerJoined();
    if (this.#suspicion !== null)
      connection.notify(sidecarNotifications.suspicion, { reason: this.#suspicion });
    this.#suspicion = null;
  }

  #forget(connection: ControlConnection, reason: string | null): void {
    this.#connections.delete(connection);
    const wasAdmitted = this.#admitted.delete(connection);
    const facts = { role: connection.role, client: connection.client };
    if (reason !== null) this.#log.warn("control link cut", { ...facts, reason });
    else if (wasAdmitted) this.#log.info("control link left", facts);
    if (wasAdmitted && connection.role === "controller") this.#events.controllerLeft();
  }

  #flushLines(): void {
    if (this.#logTimer !== null) clearTimeout(this.#logTimer);
    this.#logTimer = null;
    const waiting = this.#waitingLines.take();
    if (waiting.length === 0) return;
    const lines: LogNotification = { lines: [...waiting] };
    for (const connection of this.#admitted) connection.notify(sidecarNotifications.log, lines);
  }
}
