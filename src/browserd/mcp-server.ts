import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { clickElement, typeIntoElement } from "./act-on-element.ts";
import type { BrowserSession } from "./browser-session.ts";
import { Deadline } from "./deadline.ts";
import { type Bound, bounds, effectiveValue } from "./limits.ts";
import type { Logger } from "./logger.ts";
import { navigate } from "./navigate.ts";
import { takeSnapshot } from "./page-snapshot.ts";
import { redactUrl } from "./redact-url.ts";
import { takeScreenshot } from "./take-screenshot.ts";
import { answerCall, type ToolAnswer } from "./tool-answer.ts";

export interface BrowserMcpOptions {
  readonly session: BrowserSession;
  readonly logger: Logger;
  readonly version: string;
}

const instructions =
  "Drives a real browser. Open a page with browser_navigate, read it with browser_snapshot, then act on " +
  "elements by their references (ref=e12). References become stale when the page changes: take a new snapshot.";

const timeout = (bound: Bound) =>
  z
    .number()
    .optional()
    .describe(`Milliseconds. Absent or 0 means ${bound.default}; limited to ${bound.min} to ${bound.max}.`);
const ref = z.string().max(16).optional().describe("Reference from browser_snapshot, such as e12.");
const selector = z
  .string()
  .min(1)
  .max(1_024)
  .optional()
  .describe("CSS selector, instead of ref. Frames are searched too; ::-p-text(…) and ::-p-aria(…) work.");

/** An MCP server with the browser tools, for one session. */
export function createBrowserMcp({ session, logger, version }: BrowserMcpOptions): McpServer {
  const server = new McpServer({ name: "palyra-browserd", version }, { instructions });
  const call = (
    tool: string,
    signal: AbortSignal,
    timeoutMs: number,
    work: (deadline: Deadline) => Promise<ToolAnswer>,
  ): Promise<CallToolResult> =>
    answerCall({ tool, session, logger, timeoutMs }, () => work(new Deadline(timeoutMs, signal)));

  server.registerTool(
    "browser_navigate",
    {
      title: "Open a page",
      description: "Opens a web address in the browser and waits until the page has loaded.",
      inputSchema: {
        url: z.string().min(1).max(8_192).describe("Complete http or https URL."),
        timeout_ms: timeout(bounds.navigationTimeout),
      },
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    },
    ({ url, timeout_ms }, { signal }) => {
      const time = effectiveValue(timeout_ms, bounds.navigationTimeout);
      return call("browser_navigate", signal, time.value, async () => {
        const result = await navigate(session, url, time.value, signal);
        const status = result.status_code === null ? "" : ` with HTTP status ${result.status_code}`;
        return {
          text: `Opened ${result.final_url}${status}. Title: ${result.title || "(none)"}`,
          data: { ...result },
          effective: { timeout_ms: time },
        };
      });
    },
  );

  server.registerTool(
    "browser_snapshot",
    {
      title: "Read the page",
      description:
        "Reads the page as its accessibility tree, frames included. Elements carry references (ref=e12) for the other tools. Passwords are hidden.",
      inputSchema: {
        max_bytes: z
          .number()
          .optional()
          .describe(
            `Longest answer in bytes. Absent or 0 means ${bounds.snapshotBytes.default}; at most ${bounds.snapshotBytes.max}.`,
          ),
      },
      annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: true },
    },
    ({ max_bytes }, { signal }) => {
      const size = effectiveValue(max_bytes, bounds.snapshotBytes);
      return call("browser_snapshot", signal, bounds.actionTimeout.max, async (deadline) => {
        const { page } = await session.activePage();
        const title = await deadline.enforce(page.title(), "The page did not tell its title");
        const snapshot = await deadline.enforce(
          takeSnapshot(page, session.refs, size.value),
          "The page was not read",
        );
        const url = redactUrl(page.url());
        const note = snapshot.truncated ? "\n… (cut off; allow more with max_bytes)" : "";
        return {
          text: `Page: ${title || "(no title)"}\nURL: ${url}\n\n${snapshot.text}${note}`,
          data: { page_url: url, title, elements: snapshot.elements, truncated: snapshot.truncated },
          effective: { max_bytes: size },
        };
      });
    },
  );

  server.registerTool(
    "browser_click",
    {
      title: "Click",
      description: "Clicks an element of the page, named by ref or selector, and waits for what it starts.",
      inputSchema: {
        ref,
        selector,
        button: z.enum(["left", "right", "middle"]).default("left").describe("Mouse button."),
        double: z.boolean().default(false).describe("Click twice."),
        timeout_ms: timeout(bounds.actionTimeout),
      },
      annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
    },
    ({ timeout_ms, ...input }, { signal }) => {
      const time = effectiveValue(timeout_ms, bounds.actionTimeout);
      return call("browser_click", signal, time.value, async (deadline) => {
        const result = await clickElement(session, input, deadline);
        return {
          text: `Clicked ${result.element}. The page is ${result.page_url}`,
          data: { ...result },
          effective: { timeout_ms: time },
        };
      });
    },
  );

  server.registerTool(
    "browser_type",
    {
      title: "Type",
      description: "Types text into a field of the page, named by ref or selector. The text is not logged.",
      inputSchema: {
        ref,
        selector,
        text: z.string().describe(`The text, at most ${session.limits.typeInputBytes} bytes.`),
        clear: z.boolean().default(false).describe("Empty the field first."),
        submit: z.boolean().default(false).describe("Press Enter afterwards."),
        timeout_ms: timeout(bounds.actionTimeout),
      },
      annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
    },
    ({ timeout_ms, ...input }, { signal }) => {
      const time = effectiveValue(timeout_ms, bounds.actionTimeout);
      return call("browser_type", signal, time.value, async (deadline) => {
        const result = await typeIntoElement(session, input, deadline);
        return {
          text: `Typed ${result.typed_bytes} bytes into ${result.element}. The page is ${result.page_url}`,
          data: { ...result },
          effective: { timeout_ms: time },
        };
      });
    },
  );

  server.registerTool(
    "browser_screenshot",
    {
      title: "Take a picture",
      description: "Takes a picture of what is visible, of the whole page, or of one element.",
      inputSchema: {
        ref,
        selector,
        full_page: z.boolean().default(false).describe("The whole page instead of the visible part."),
        format: z.enum(["png", "jpeg"]).default("png"),
        quality: z.number().int().min(1).max(100).default(80).describe("JPEG only."),
        max_bytes: z
          .number()
          .optional()
          .describe(
            `Larger pictures are scaled down. Absent or 0 means ${bounds.screenshotBytes.default}; at most ${bounds.screenshotBytes.max}.`,
          ),
        timeout_ms: timeout(bounds.actionTimeout),
      },
      annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: true },
    },
    ({ timeout_ms, max_bytes, full_page, ...input }, { signal }) => {
      const time = effectiveValue(timeout_ms, bounds.actionTimeout);
      const size = effectiveValue(max_bytes, bounds.screenshotBytes);
      return call("browser_screenshot", signal, time.value, async (deadline) => {
        const whole = input.ref === undefined && input.selector === undefined;
        const image = await takeScreenshot(
          session,
          whole
            ? { fullPage: full_page, format: input.format, quality: input.quality, maxBytes: size.value }
            : { ...input, fullPage: false, maxBytes: size.value },
          deadline,
        );
        const { base64, ...facts } = image;
        const scaled = facts.scale < 1 ? `, scaled to ${facts.scale}` : "";
        return {
          text: `Picture of ${facts.width} × ${facts.height} pixels, ${facts.bytes} bytes${scaled}.`,
          data: { ...facts, format: input.format },
          effective: { timeout_ms: time, max_bytes: size },
          image: { data: base64, mimeType: `image/${input.format}` },
        };
      });
    },
  );

  return server;
}
