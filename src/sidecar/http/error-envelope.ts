import { errorCatalogue } from "../../contracts/error-catalogue.ts";
import type { ErrorCode, ErrorEnvelope } from "../../contracts/errors.ts";
import { PalyraError } from "../../platform/errors.ts";
import type { Redactor } from "../../platform/redactor.ts";

export interface ErrorAnswer {
  readonly status: number;
  readonly body: ErrorEnvelope;
}

/** Facts of an error thrown by the HTTP framework. */
interface FrameworkError {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly message: string;
}

interface KnownFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly nextStep?: string;
  readonly status?: number;
}

const frameworkCodes: Readonly<Record<string, KnownFailure>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: "payload_too_large", message: "The request body is too large." },
  FST_ERR_CTP_INVALID_JSON_BODY: {
    code: "validation_error",
    message:
      "The request body is not valid JSON, or has a name in it that is not allowed, such as __proto__.",
    nextStep: "Send valid JSON.",
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: "validation_error",
    message: "The request body is not as long as its Content-Length says.",
    nextStep: "Send the whole body, with its length in bytes.",
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: "validation_error",
    message: "The content type of the request is not supported.",
    nextStep: "Send the body as application/json.",
    status: 415,
  },
  FST_ERR_BAD_URL: {
    code: "validation_error",
    message: "The address of the request is malformed.",
    nextStep: "Percent-encode the address as UTF-8.",
  },
  FST_ERR_MAX_PARAM_LENGTH: {
    code: "validation_error",
    message: "The address of the request is too long.",
    nextStep: "Look at the name or id in the address.",
    status: 414,
  },
};

/** The one form in which every failed request is answered. */
export function errorAnswer(
  code: ErrorCode,
  message: string,
  redactor: Pick<Redactor, "redact">,
  options: { readonly status?: number; readonly nextStep?: string } = {},
): ErrorAnswer {
  const entry = errorCatalogue[code];
  const error = redactor.redact(message);
  return {
    status: options.status ?? entry.status,
    body: {
      error,
      code,
      category: entry.category,
      retryable: entry.retryable,
      redacted: error !== message,
      next_step: options.nextStep ?? entry.nextStep,
    },
  };
}

/** Answer for anything that was thrown while a request was handled. Unexpected errors say nothing of inside. */
export function answerForThrown(thrown: unknown, redactor: Pick<Redactor, "redact">): ErrorAnswer {
  if (thrown instanceof PalyraError) {
    return errorAnswer(thrown.code, thrown.message, redactor, { nextStep: thrown.nextStep });
  }
  const error: FrameworkError = thrown instanceof Error ? thrown : { message: String(thrown) };
  const known = typeof error.code === "string" ? frameworkCodes[error.code] : undefined;
  if (known !== undefined) {
    const { code, message, ...options } = known;
    return errorAnswer(code, message, redactor, options);
  }
  const status = typeof error.statusCode === "number" ? error.statusCode : 500;
  if (status >= 400 && status < 500) {
    return errorAnswer("validation_error", error.message, redactor, { status });
  }
  return errorAnswer("internal_error", "The request failed inside the gateway.", redactor);
}
