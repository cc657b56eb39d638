import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { messageOf } from "../platform/errors.ts";
import type { BrowserSession } from "./browser-session.ts";
import { explainPageError } from "./explain-page-error.ts";
import type { Logger } from "./logger.ts";
import type { ToolError } from "./tool-error.ts";

/** The good outcome of a tool call. */
export interface ToolAnswer {
  /** For people and models. */
  readonly text: string;
  /** For programs. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The numbers that held, by argument. */
  readonly effective: Readonly<Record<string, { readonly value: number; readonly clamped: boolean }>>;
  readonly image?: { readonly data: string; readonly mimeType: string };
}

export interface ToolCall {
  readonly tool: string;
  readonly session: BrowserSession;
  readonly logger: Logger;
  /** milliseconds the call has, for the error text */
  readonly timeoutMs: number;
}

/**
 * Runs a tool call in its session's order and turns its outcome into an MCP result. Never rejects: an
 * error is a result with `isError`, a code, a message and a hint.
 */
export async function answerCall(call: ToolCall, work: () => Promise<ToolAnswer>): Promise<CallToolResult> {
  const { tool, session, logger, timeoutMs } = call;
  return session.run(async () => {
    const started = performance.now();
    try {
      const answer = await work();
      logger.info({ tool, milliseconds: Math.round(performance.now() - started) }, "A tool call succeeded.");
      return success(answer, session.takeNotices());
    } catch (thrown) {
      const error = await explainPageError(thrown, session, timeoutMs);
      const facts = { tool, code: error.code, milliseconds: Math.round(performance.now() - started) };
      if (error.code === "internal_error") {
        logger.error({ ...facts, cause: messageOf(error.cause) }, "A tool call failed unexpectedly.");
      } else {
        logger.info(facts, "A tool call failed.");
      }
      return failure(error, session.takeNotices());
    }
  });
}

function success(answer: ToolAnswer, notices: readonly string[]): CallToolResult {
  const effective = Object.entries(answer.effective);
  const limited = effective
    .filter(([, number]) => number.clamped)
    .map(([name, number]) => `${name} was limited to ${number.value}.`);
  return {
    content: [
      {
        type: "text",
        text: [answer.text, ...[...limited, ...notices].map((note) => `Note: ${note}`)].join("\n"),
      },
      ...(answer.image === undefined ? [] : [{ type: "image" as const, ...answer.image }]),
    ],
    structuredContent: {
      ...answer.data,
      effective: Object.fromEntries(effective.map(([name, number]) => [name, number.value])),
      notices: [...limited, ...notices],
    },
  };
}

function failure(error: ToolError, notices: readonly string[]): CallToolResult {
  const { code, message, retryable, hint, details } = error;
  return {
    isError: true,
    content: [
      {
        type: "text",
        text: [`${code}: ${message}`, `Hint: ${hint}`, ...notices.map((note) => `Note: ${note}`)].join("\n"),
      },
    ],
    structuredContent: { error: { code, message, retryable, hint, ...details }, notices },
  };
}
