import type { Socket } from "node:net";
import {
  type CancellationToken,
  CancellationTokenSource,
  ErrorCodes,
  type MessageConnection,
  ResponseError,
} from "vscode-jsonrpc/node";
import type { z } from "zod";
import { ErrorDetails } from "../contracts/errors.ts";
import { boundedConnection } from "../platform/bounded-connection.ts";
import { detailsOf, PalyraError } from "../platform/errors.ts";

/** Unsent bytes at which a peer that does not read is cut off. */
const backlogLimit = 8 * 1024 * 1024;

/** Largest message unless said otherwise, in bytes: a snapshot or the recent lines of all services. */
const messageLimit = 8 * 1024 * 1024;
/** Requests of one peer that may be worked on at one time. */
const requestLimit = 100;

export interface RpcBounds {
  /** Largest message of the peer, in bytes. */
  readonly maxMessage?: number;
  /** Told why a peer is cut off; not told when the connection just ends. */
  cut?(reason: string): void;
}

/** JSON-RPC over one socket, with bounded and checked messages, errors of the catalogue and deadlines. */
export class RpcConnection {
  readonly #socket: Socket;
  readonly #rpc: MessageConnection;
  readonly #bounds: RpcBounds;
  #working = 0;
  /** Of the requests that are worked on. */
  readonly #ended = new Set<AbortController>();
  #closed = false;
  #onClosed: (() => void) | null = null;

  constructor(socket: Socket, bounds: RpcBounds = {}) {
    this.#socket = socket;
    this.#bounds = bounds;
    this.#rpc = boundedConnection(socket, bounds.maxMessage ?? messageLimit, (reason) => this.#cut(reason));
    socket.on("error", () => this.close());
    socket.on("close", () => this.#settle());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Called once, when the connection is over for whatever reason; at once when it already is. */
  onClosed(listener: () => void): void {
    if (this.#closed) listener();
    else this.#onClosed = listener;
  }

  /** Begins to read; register all handlers before. */
  listen(): void {
    this.#rpc.listen();
  }

  /** Answers a request. What `handle` throws reaches the caller as `ErrorDetails`; its signal fires when the caller cancels or is gone. */
  handle<Schema extends z.ZodType>(
    method: string,
    schema: Schema,
    handle: (params: z.output<Schema>, signal: AbortSignal) => object | Promise<object>,
  ): void {
    this.#rpc.onRequest(method, async (params: unknown, token: CancellationToken) => {
      const ending = new AbortController();
      token.onCancellationRequested(() => ending.abort());
      this.#ended.add(ending);
      this.#working += 1;
      try {
        if (this.#working > requestLimit) {
          this.#cut(`the peer has more than ${requestLimit} requests open`);
          throw new PalyraError("service_unavailable", "Too many requests are open on this connection.");
        }
        const parsed = schema.safeParse(params);
        if (!parsed.success) {
          throw new PalyraError("validation_error", `The parameters of “${method}” are wrong.`);
        }
        return await handle(parsed.data, ending.signal);
      } catch (thrown) {
        const details = detailsOf(thrown);
        return new ResponseError(ErrorCodes.InvalidRequest, details.message, details);
      } finally {
        this.#working -= 1;
        this.#ended.delete(ending);
      }
    });
  }

  /** Receives a notification; one with wrong parameters is passed over, as from a newer peer. */
  receive<Schema extends z.ZodType>(
    method: string,
    schema: Schema,
    listener: (params: z.output<Schema>) => void,
  ): void {
    this.#rpc.onNotification(method, (params: unknown) => {
      const parsed = schema.safeParse(params);
      if (parsed.success) listener(parsed.data);
    });
  }

  /**
   * Sends a request and checks the answer.
   * @param signal asks the peer to give the request up; its answer is still waited for
   * @throws the peer's error as `PalyraError`; `service_unavailable` when the connection is or gets lost or
   *   the answer is late or makes no sense
   */
  async request<Schema extends z.ZodType>(
    method: string,
    params: object,
    answer: Schema,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<z.output<Schema>> {
    if (this.#closed) throw new PalyraError("service_unavailable", "The connection is closed.");
    let timer: NodeJS.Timeout | undefined;
    const cancelling = new CancellationTokenSource();
    const cancel = (): void => cancelling.cancel();
    signal?.addEventListener("abort", cancel);
    if (signal?.aborted) cancel();
    const late = new Promise<never>((_resolve, reject) => {
      const error = new PalyraError("service_unavailable", `No answer to “${method}” in ${timeoutMs} ms.`);
      timer = setTimeout(() => reject(error), timeoutMs);
    });
    try {
      const value: unknown = await Promise.race([
        this.#rpc.sendRequest(method, params, cancelling.token),
        late,
      ]);
      const parsed = answer.safeParse(value);
      if (parsed.success) return parsed.data;
      throw new PalyraError("service_unavailable", `The answer to “${method}” makes no sense.`);
    } catch (thrown) {
      throw asPalyraError(thrown, method);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      cancelling.dispose();
    }
  }

  /** Sends a notification; a peer that does not read is cut off instead of filling the memory. */
  notify(method: string, params: object): void {
    if (this.#closed) return;
    if (this.#socket.writableLength > backlogLimit) {
      this.#cut("the peer does not read");
      return;
    }
    this.#rpc.sendNotification(method, params).catch(() => this.close());
  }

  /** Closes; waiting requests fail. */
  close(): void {
    this.#socket.destroy();
    this.#settle();
  }

  #cut(reason: string): void {
    if (this.#closed) return;
    this.#bounds.cut?.(reason);
    this.close();
  }

  #settle(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#rpc.dispose();
    for (const ending of this.#ended) ending.abort();
    this.#onClosed?.();
  }
}

function asPalyraError(thrown: unknown, method: string): PalyraError {
  if (thrown instanceof PalyraError) return thrown;
  if (thrown instanceof ResponseError) {
    const details = ErrorDetails.safeParse(thrown.data);
    if (details.success) return PalyraError.fromDetails(details.data);
  }
  return new PalyraError("service_unavailable", `“${method}” was not answered.`, { cause: thrown });
}
