interface Entry {
  readonly retryable: boolean;
  /** What the caller can do next, in one sentence. */
  readonly hint: string;
}

/** Every error a browser tool can answer with. */
const toolErrors = {
  invalid_argument: { retryable: false, hint: "Correct the named argument." },
  policy_blocked: {
    retryable: false,
    hint: "Choose a public address. The owner can allow private addresses in the settings.",
  },
  navigation_failed: { retryable: true, hint: "Check the address, then try again." },
  timeout: {
    retryable: true,
    hint: "Call browser_snapshot to see how far the page came, or allow more time with timeout_ms.",
  },
  no_page: { retryable: false, hint: "Open a page with browser_navigate first." },
  ref_not_found: { retryable: false, hint: "Call browser_snapshot and use a reference from its answer." },
  stale_ref: { retryable: false, hint: "Call browser_snapshot again and use a reference from its answer." },
  selector_not_found: {
    retryable: true,
    hint: "Call browser_snapshot and use a reference from its answer instead of a selector.",
  },
  invalid_selector: {
    retryable: false,
    hint: "Correct the CSS selector, or use a reference from browser_snapshot.",
  },
  not_clickable: {
    retryable: true,
    hint: "The element may be hidden, disabled or moving. Call browser_snapshot to see the page.",
  },
  not_typable: { retryable: false, hint: "Choose a text field, a text area or an editable element." },
  input_too_large: { retryable: false, hint: "Send the text in smaller parts." },
  screenshot_too_large: {
    retryable: false,
    hint: "Allow more bytes with max_bytes, or choose format jpeg or one element.",
  },
  budget_exhausted: { retryable: false, hint: "Start a new MCP session." },
  rate_limited: { retryable: true, hint: "Wait a moment, then try again." },
  engine_crashed: {
    retryable: true,
    hint: "Open the page again with browser_navigate; the old page and its state are gone.",
  },
  browser_missing: { retryable: false, hint: "Install Chrome or Chromium, or name the browser to use." },
  browser_failed: { retryable: false, hint: "Restart the browser daemon after mending the cause." },
  cancelled: { retryable: true, hint: "The caller withdrew the request." },
  internal_error: { retryable: false, hint: "Show the logs of the browser daemon and report the problem." },
} as const satisfies Record<string, Entry>;

export type ToolErrorCode = keyof typeof toolErrors;

/** An error a caller of a browser tool can act upon. */
export class ToolError extends Error {
  readonly code: ToolErrorCode;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  /**
   * @param message one plain sentence with the facts; never contains typed text or a full URL
   * @param options `hint` replaces the catalogue's; `details` are facts for programs
   */
  constructor(
    code: ToolErrorCode,
    message: string,
    options: { hint?: string; details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ToolError";
    this.code = code;
    this.hint = options.hint ?? toolErrors[code].hint;
    this.details = options.details ?? {};
  }

  get retryable(): boolean {
    return toolErrors[this.code].retryable;
  }
}
