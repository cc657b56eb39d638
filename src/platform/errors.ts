import { type ErrorCode, type ErrorDetails, errorCatalogue } from "../contracts/errors.ts";

/** An error a user can meet: a code of the catalogue and a message that states the facts. */
export class PalyraError extends Error {
  readonly code: ErrorCode;
  readonly nextStep: string;

  /**
   * @param code entry of the error catalogue
   * @param message one plain sentence with the facts
   * @param options `nextStep` replaces the catalogue's; `cause` is the error underneath
   */
  constructor(code: ErrorCode, message: string, options: { nextStep?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PalyraError";
    this.code = code;
    this.nextStep = options.nextStep ?? errorCatalogue[code].nextStep;
  }

  /** The error as data that can cross a process boundary. */
  toDetails(): ErrorDetails {
    return { code: this.code, message: this.message, next_step: this.nextStep };
  }

  static fromDetails(details: ErrorDetails): PalyraError {
    return new PalyraError(details.code, details.message, { nextStep: details.next_step });
  }
}

/** Message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Details of anything that was thrown; what is not from the catalogue becomes `internal_error`. */
export function detailsOf(thrown: unknown): ErrorDetails {
  return thrown instanceof PalyraError
    ? thrown.toDetails()
    : new PalyraError("internal_error", messageOf(thrown)).toDetails();
}

/** Code of a Node.js system error such as `ENOENT`; undefined for anything else. */
export function systemErrorCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string"
    ? thrown.code
    : undefined;
}
