/** Category of an error in the HTTP envelope. */
export const errorCategories = [
  "auth",
  "validation",
  "policy",
  "not_found",
  "conflict",
  "dependency",
  "availability",
  "internal",
] as const;
type ErrorCategory = (typeof errorCategories)[number];

interface ErrorEntry {
  readonly category: ErrorCategory;
  /** HTTP status, where the error can be an answer. */
  readonly status: number;
  /** Exit code of the `palyra` command: 2 usage, 69 unavailable, 70 internal, 75 try again, 77 no permission, 78 configuration. */
  readonly exitCode: number;
  readonly retryable: boolean;
  /** What the user can do next, in one sentence. */
  readonly nextStep: string;
  /** The same where what can be done depends on where it is read: in the editor, or in a terminal. */
  readonly nextStepIn?: { readonly editor: string; readonly terminal: string };
}

const entry = (
  category: ErrorCategory,
  status: number,
  exitCode: number,
  retryable: boolean,
  nextStep: string,
  nextStepIn?: ErrorEntry["nextStepIn"],
): ErrorEntry => ({
  category,
  status,
  exitCode,
  retryable,
  nextStep,
  ...(nextStepIn === undefined ? {} : { nextStepIn }),
});

/**
 * Every error a user can meet: one code, one next step, used by HTTP, command line and editor alike.
 * The message is written where the error is raised, because only there the facts are known.
 */
export const errorCatalogue = {
  unauthorized: entry(
    "auth",
    401,
    77,
    false,
    "Send a valid token. Tokens are managed by the control center.",
  ),
  session_required: entry("auth", 401, 77, false, "Sign in again with the admin token."),
  forbidden: entry("policy", 403, 77, false, "Use an address and caller that the gateway allows."),
  validation_error: entry("validation", 400, 2, false, "Correct the named field and try again."),
  not_found: entry("not_found", 404, 66, false, "Check the name or id."),
  method_not_allowed: entry("validation", 405, 2, false, "Use one of the methods named in the answer."),
  failed_precondition: entry("dependency", 412, 78, false, "Do first what the message names."),
  conflict: entry("conflict", 409, 75, true, "Look at the current state, then try again."),
  already_received: entry("conflict", 409, 75, false, "Do nothing: it is kept, and has its effect once."),
  idempotency_key_reused: entry(
    "conflict",
    422,
    2,
    false,
    "Send another request under a new key, or the first one again unchanged.",
  ),
  payload_too_large: entry("validation", 413, 2, false, "Send a smaller request."),
  content_refused: entry(
    "policy",
    422,
    77,
    false,
    "Take what the message names out of the payload, then send it again.",
  ),
  rate_limited: entry("availability", 429, 75, true, "Wait a moment, then try again."),
  service_unavailable: entry(
    "availability",
    503,
    69,
    true,
    "Wait for the service to be ready, then try again.",
  ),
  internal_error: entry("internal", 500, 70, false, "Show the logs and report the problem."),

  config_invalid: entry("validation", 400, 78, false, "Correct the named setting, then start again."),
  port_in_use: entry("conflict", 409, 78, false, "Free the port or choose another one, then start again."),
  not_running: entry("availability", 503, 69, true, "Start Palyra in VS Code or with “palyra up”.", {
    editor: "Choose Start.",
    terminal: "Start it with “palyra up”.",
  }),
  start_timeout: entry("availability", 503, 75, true, "Show the logs, then start again.", {
    editor: "Show the logs, then choose Retry.",
    terminal: "Look at “palyra logs”, then say “palyra restart”.",
  }),
  crash_loop: entry("availability", 503, 70, false, "Show the logs, mend the cause, then start again.", {
    editor: "Show the logs, mend the cause, then choose Retry.",
    terminal: "Look at “palyra logs”, mend the cause, then say “palyra restart”.",
  }),
  untrusted_responder: entry(
    "auth",
    401,
    77,
    false,
    "Stop the program that answers in its place, then start again.",
  ),
  already_owned: entry("conflict", 409, 75, true, "Use the window or terminal that owns the control center."),
  version_skew: entry("conflict", 409, 75, true, "Restart the services so that all parts have one version."),

  state_unreadable: entry(
    "internal",
    500,
    74,
    false,
    "The file was set aside; check the new default settings.",
  ),
  state_newer: entry("conflict", 409, 78, false, "Update Palyra to the version that wrote this file."),
  storage_failed: entry(
    "internal",
    500,
    74,
    false,
    "Free disk space or mend the folder's permissions, then restart.",
  ),
  store_locked: entry("conflict", 409, 75, false, "Stop the other gateway that uses this folder."),

  secret_missing: entry("dependency", 412, 78, false, "Store the secret.", {
    editor: "Choose Set Discord Token and paste the bot's token.",
    terminal: "Give the token with “palyra channels login discord”.",
  }),
  secret_store_unavailable: entry(
    "dependency",
    503,
    69,
    true,
    "Unlock the system's keyring, then try again.",
  ),
  secrets_elsewhere: entry("dependency", 412, 69, false, "Open VS Code with Palyra; it holds the secrets."),

  discord_auth_failed: entry("auth", 401, 77, false, "Store a valid bot token.", {
    editor: "Copy a new token from Discord's developer portal, then choose Set Discord Token.",
    terminal: "Copy a new token from Discord's developer portal, then say “palyra channels login discord”.",
  }),
  discord_intents_refused: entry(
    "policy",
    403,
    78,
    false,
    "Enable the Message Content intent for the bot in Discord's developer portal, then restart the gateway.",
  ),
  discord_unreachable: entry("availability", 503, 75, true, "Check the network; it is retried by itself."),

  delivery_failing: entry(
    "availability",
    503,
    75,
    true,
    "Sending is tried again by itself; show the logs to see why it fails.",
    {
      editor: "Sending is tried again by itself; show the logs to see why it fails.",
      terminal: "Sending is tried again by itself; “palyra logs gateway” tells why it fails.",
    },
  ),

  browser_missing: entry(
    "dependency",
    503,
    69,
    false,
    "Install Chrome or Chromium, or name the browser to use.",
    {
      editor: "Install Chrome or Chromium, or name a browser in the setting “palyra.browser.path”.",
      terminal:
        "Install Chrome or Chromium, or name one with “palyra up --browser FILE”; “palyra doctor” tells where it looked.",
    },
  ),
  workspace_untrusted: entry("policy", 403, 77, false, "Trust the workspace to use this command."),
} as const satisfies Record<string, ErrorEntry>;
