import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { messageOf } from "../platform/errors.ts";
import type { BrowserSession } from "./browser-session.ts";
import type { Logger } from "./logger.ts";

export interface McpSessionsOptions {
  readonly createSession: () => BrowserSession;
  readonly logger: Logger;
  readonly version: string;
  /** sessions at one time */
  readonly maxSessions: number;
  /** A session without a request and without an open stream for so long is ended, in milliseconds. */
  readonly idleMs: number;
  readonly onChange: () => void;
}

interface McpSession {
  readonly browser: BrowserSession;
  readonly transport: StreamableHTTPServerTransport;
  readonly close: () => Promise<void>;
  openResponses: number;
  idleTimer: NodeJS.Timeout | undefined;
}

/** What to answer instead of handing a request to a session. */
export interface SessionRefusal {
  readonly status: 400 | 404 | 503;
  readonly code: number;
  readonly message: string;
}

/** The MCP sessions of the daemon, each with its own browser session. */
export class McpSessions {
  readonly #options: McpSessionsOptions;
  readonly #sessions = new Map<string, McpSession>();
  #opening = 0;

  constructor(options: McpSessionsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#sessions.size;
  }

  /**
   * Lets the session of a request answer it; an `initialize` request opens a new one.
   * @param body parsed JSON of a POST, undefined otherwise
   * @returns a refusal when there is no session to answer; then nothing has been written
   */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    body: unknown,
  ): Promise<SessionRefusal | undefined> {
    const header = request.headers["mcp-session-id"];
    const id = Array.isArray(header) ? header[0] : header;
    if (id !== undefined) {
      const session = this.#sessions.get(id);
      if (session === undefined) {
        return {
          status: 404,
          code: -32001,
          message: "The session does not exist or has ended. Initialize a new one.",
        };
      }
      await this.#serve(session, request, response, body);
      return undefined;
    }
    if (request.method !== "POST" || !isInitialize(body)) {
      return {
        status: 400,
        code: -32000,
        message: "Send an initialize request, or the header Mcp-Session-Id.",
      };
    }
    if (this.#sessions.size + this.#opening >= this.#options.maxSessions) {
      return {
        status: 503,
        code: -32000,
        message: `All ${this.#options.maxSessions} sessions are in use. Close one, or wait.`,
      };
    }
    this.#opening += 1;
    let session: McpSession;
    try {
      session = await this.#open();
    } finally {
      this.#opening -= 1;
    }
    await this.#serve(session, request, response, body);
    // A refused initialize request (a wrong protocol version, for example) leaves nobody to use the session.
    if (session.transport.sessionId === undefined) await session.close();
    return undefined;
  }

  /** Ends all sessions with their pages. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
  }

  async #open(): Promise<McpSession> {
    // Loaded with the first session: a daemon nobody talks to should stay small.
    const [{ StreamableHTTPServerTransport }, { createBrowserMcp }] = await Promise.all([
      import("@modelcontextprotocol/sdk/server/streamableHttp.js"),
      import("./mcp-server.ts"),
    ]);
    const { logger, version } = this.#options;
    const browser = this.#options.createSession();
    const server = createBrowserMcp({ session: browser, logger, version });
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, session);
        logger.info({ session_id: shortId(id), sessions: this.#sessions.size }, "A session was opened.");
        this.#options.onChange();
      },
      onsessionclosed: () => session.close(),
    });
    let closed = false;
    const close = async (): Promise<void> => {
      if (closed) return;
      closed = true;
      clearTimeout(session.idleTimer);
      const id = transport.sessionId;
      if (id !== undefined && this.#sessions.delete(id)) {
        logger.info({ session_id: shortId(id), sessions: this.#sessions.size }, "A session was closed.");
        this.#options.onChange();
      }
      await browser.close();
      await server.close();
    };
    const session: McpSession = { browser, transport, close, openResponses: 0, idleTimer: undefined };
    transport.onerror = (error) => logger.debug({ reason: error.message }, "A client sent what is not MCP.");
    await server.connect(transport);
    return session;
  }

  async #serve(
    session: McpSession,
    request: IncomingMessage,
    response: ServerResponse,
    body: unknown,
  ): Promise<void> {
    session.openResponses += 1;
    clearTimeout(session.idleTimer);
    response.once("close", () => {
      session.openResponses -= 1;
      if (session.openResponses === 0) this.#armIdleTimer(session);
    });
    await session.transport.handleRequest(request, response, body);
  }

  #armIdleTimer(session: McpSession): void {
    clearTimeout(session.idleTimer);
    session.idleTimer = setTimeout(() => {
      session
        .close()
        .catch((error: unknown) =>
          this.#options.logger.warn({ reason: messageOf(error) }, "An idle session did not close cleanly."),
        );
    }, this.#options.idleMs);
    session.idleTimer.unref();
  }
}

/** The full id lets a caller use the session; logs get only its start. */
function shortId(id: string): string {
  return id.slice(0, 8);
}

function isInitialize(body: unknown): boolean {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  return messages.some(
    (message) =>
      typeof message === "object" &&
      message !== null &&
      "method" in message &&
      message.method === "initialize",
  );
}
