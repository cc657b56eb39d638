import type { Socket } from "node:net";
import { ErrorCodes, type MessageConnection, ResponseError } from "vscode-jsonrpc/node";
import type { z } from "zod";
import { DecideApprovalRequest, type DecideApprovalResponse } from "../contracts/approvals.ts";
import {
  controlLinkProtocol,
  controlMethods,
  HelloRequest,
  type HelloResponse,
  type SecretChange,
  SecretChangedRequest,
  SecretChangeResult,
  SecretResponse,
  SetTokensRequest,
  StopRequest,
  sidecarMethods,
} from "../contracts/control-link.ts";
import type { ErrorDetails } from "../contracts/errors.ts";
import { EventsRequest, type EventsResponse } from "../contracts/timeline.ts";
import { boundedConnection } from "../platform/bounded-connection.ts";
import { constantTimeEqual, controlProof } from "../platform/control-proof.ts";
import { detailsOf, messageOf, PalyraError } from "../platform/errors.ts";

/** How long a new connection has for its hello, in milliseconds. */
const helloDeadlineMs = 5_000;
/** A caller with a wrong proof is cut off this long after its answer, in milliseconds. */
const refusalDelayMs = 100;
/** Largest message of a controller, in bytes: it sends commands and answers of a few kilobytes. */
const messageLimit = 1024 * 1024;
/** Unsent bytes at which a peer that does not read is cut off. */
const backlogLimit = 4 * 1024 * 1024;

/** What the connections ask of the sidecar they control. */
export interface ControlTarget {
  describe(): Omit<HelloResponse, "protocol" | "proof">;
  /** Begins to stop; resolves when the drain has begun. */
  beginStop(drainMs: number): void;
  setTokens(tokens: readonly string[], expiring: readonly string[]): void;
  secretChanged(ref: string): void;
  reloadConfig(): Promise<void>;
  events(request: EventsRequest): Promise<EventsResponse>;
  /** @returns what came of it */
  decideApproval(request: DecideApprovalRequest): Promise<string>;
}

export interface ConnectionEvents {
  /** The peer has proven itself. */
  admitted(connection: ControlConnection): void;
  closed(connection: ControlConnection, reason: string | null): void;
}

export type ControlRole = HelloRequest["role"];

/** One connection on the control link: silent to everybody who cannot prove the instance id. */
export class ControlConnection {
  readonly #socket: Socket;
  readonly #rpc: MessageConnection;
  readonly #instanceId: string;
  readonly #target: ControlTarget;
  readonly #events: ConnectionEvents;
  readonly #helloDeadline: NodeJS.Timeout;
  #role: ControlRole | null = null;
  #client = "unknown";
  #closed = false;
  #closeReason: string | null = null;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(socket: Socket, instanceId: string, target: ControlTarget, events: ConnectionEvents) {
    this.#socket = socket;
    this.#instanceId = instanceId;
    this.#target = target;
    this.#events = events;
    socket.on("error", (error) => this.close(error.message));
    socket.on("close", () => this.#settleClosed());
    this.#rpc = boundedConnection(socket, messageLimit, (reason) => this.close(reason));
    this.#helloDeadline = setTimeout(() => this.close("no hello in time"), helloDeadlineMs);
    this.#helloDeadline.unref();
    this.#register();
    this.#rpc.listen();
  }

  /** Null before the hello. */
  get role(): ControlRole | null {
    return this.#role;
  }

  /** Name, version and pid of the peer, for logs. */
  get client(): string {
    return this.#client;
  }

  /** Sends a notification; a peer that stopped reading is cut off instead of filling the memory. */
  notify(method: string, params: object): void {
    if (this.#closed) return;
    if (this.#socket.writableLength > backlogLimit) {
      this.close("the peer does not read");
      return;
    }
    this.#lastWrite = this.#rpc
      .sendNotification(method, params)
      .catch((error: unknown) => this.close(messageOf(error)));
  }

  /** Asks the peer for a secret. Rejects when it is gone or answers nonsense. */
  async requestSecret(ref: string): Promise<SecretResponse> {
    return SecretResponse.parse(await this.#rpc.sendRequest(sidecarMethods.getSecret, { ref }));
  }

  /** Asks the peer to keep or remove a secret. Rejects when it is gone or answers nonsense. */
  async changeSecret(change: SecretChange): Promise<SecretChangeResult> {
    return SecretChangeResult.parse(await this.#rpc.sendRequest(sidecarMethods.changeSecret, change));
  }

  close(reason: string | null): void {
    if (this.#closed) return;
    this.#closeReason ??= reason;
    this.#socket.destroy();
  }

  /** Closes after all notifications are written. */
  async end(): Promise<void> {
    await this.#lastWrite;
    this.#socket.end();
  }

  #settleClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#helloDeadline);
    this.#rpc.dispose();
    this.#events.closed(this, this.#closeReason);
  }

  #register(): void {
    this.#rpc.onRequest(controlMethods.hello, (params: unknown) => answer(() => this.#hello(params)));
    this.#onAdmitted(controlMethods.ping, ["controller", "observer"], () => ({}));
    this.#onAdmitted(controlMethods.stop, ["controller"], (params) => {
      this.#target.beginStop(parse(StopRequest, params).drain_ms);
      return {};
    });
    this.#onAdmitted(controlMethods.setTokens, ["controller"], (params) => {
      const { tokens, expiring } = parse(SetTokensRequest, params);
      this.#target.setTokens(tokens, expiring);
      return {};
    });
    this.#onAdmitted(controlMethods.secretChanged, ["controller"], (params) => {
      this.#target.secretChanged(parse(SecretChangedRequest, params).ref);
      return {};
    });
    this.#onAdmitted(controlMethods.reloadConfig, ["controller"], async () => {
      await this.#target.reloadConfig();
      return {};
    });
    this.#onAdmitted(
      controlMethods.decideApproval,
      ["controller", "observer"],
      async (params): Promise<DecideApprovalResponse> => ({
        message: await this.#target.decideApproval(parse(DecideApprovalRequest, params)),
      }),
    );
    this.#onAdmitted(controlMethods.events, ["controller", "observer"], (params) =>
      this.#target.events(parse(EventsRequest, params)),
    );
  }

  #onAdmitted(
    method: string,
    roles: readonly ControlRole[],
    handle: (params: unknown) => object | Promise<object>,
  ): void {
    this.#rpc.onRequest(method, (params: unknown) =>
      answer(() => {
        if (this.#role === null) throw new PalyraError("unauthorized", "The connection did not say hello.");
        if (!roles.includes(this.#role)) {
          throw new PalyraError("forbidden", `An observer may not send “${method}”.`);
        }
        return handle(params);
      }),
    );
  }

  #hello(params: unknown): HelloResponse {
    const hello = parse(HelloRequest, params);
    if (hello.protocol > controlLinkProtocol) {
      throw new PalyraError(
        "version_skew",
        `The caller speaks protocol ${hello.protocol}; this service speaks ${controlLinkProtocol}.`,
      );
    }
    if (!constantTimeEqual(hello.proof, controlProof("client", this.#instanceId, hello.nonce))) {
      // After the answer, which is written some turns of the event loop later.
      setTimeout(() => this.close("wrong proof"), refusalDelayMs);
      throw new PalyraError("unauthorized", "The proof is wrong.");
    }
    if (this.#role !== null) throw new PalyraError("conflict", "The connection has said hello already.");
    this.#role = hello.role;
    this.#client = `${hello.client.name} ${hello.client.version} (pid ${hello.client.pid})`;
    clearTimeout(this.#helloDeadline);
    const response: HelloResponse = {
      protocol: controlLinkProtocol,
      proof: controlProof("sidecar", this.#instanceId, hello.nonce),
      ...this.#target.describe(),
    };
    // The answer goes first: what follows an admission belongs after the hello.
    setImmediate(() => {
      if (!this.#closed) this.#events.admitted(this);
    });
    return response;
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, params: unknown): z.output<Schema> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => issue.path.join(".") || "params");
  throw new PalyraError("validation_error", `Wrong value for: ${[...new Set(fields)].join(", ")}.`);
}

/** Runs a handler; what it throws becomes a JSON-RPC error whose data is `ErrorDetails`. */
async function answer<T>(handle: () => T | Promise<T>): Promise<T | ResponseError<ErrorDetails>> {
  try {
    return await handle();
  } catch (thrown) {
    const details = detailsOf(thrown);
    const code = details.code === "internal_error" ? ErrorCodes.InternalError : ErrorCodes.InvalidRequest;
    return new ResponseError(code, details.message, details);
  }
}
