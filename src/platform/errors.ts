import { errorCatalogue } from "../contracts/error-catalogue.ts";
import type { ErrorCode, ErrorDetails } from "../contracts/errors.ts";

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

/** What the system's errors about files mean, and what helps. */
const fileFaults: Readonly<Record<string, readonly [reason: string, nextStep: string]>> = {
  EACCES: ["your user has no permission", "Give your user the right to it, then try again."],
  EPERM: ["the system does not permit it", "Give your user the right to it, then try again."],
  EROFS: ["the disk is read-only", "Make the disk writable or choose another state folder."],
  ENOSPC: ["the disk is full", "Free disk space, then try again."],
  EDQUOT: ["your disk quota is used up", "Free disk space, then try again."],
  EISDIR: ["there is a folder in its place", "Move the folder away, then try again."],
  ENOTDIR: ["a part of its path is not a folder", "Move that file away, then try again."],
  ELOOP: [
    "there is a link in its place, or one that leads in a circle",
    "Move the link away, then try again.",
  ],
  ENXIO: ["there is a pipe or socket in its place", "Move it away, then try again."],
  ENAMETOOLONG: ["its path is too long", "Choose a shorter path."],
  EMFILE: ["too many files are open", "Close other programs, then try again."],
  EIO: ["the disk reports an error", "Check the disk, then try again."],
};

/**
 * An error of the system about a file, in plain words.
 * @param verb what was tried: `read` or `written`
 * @param cause what the file system threw
 */
export function fileProblem(file: string, verb: "read" | "written", cause: unknown): PalyraError {
  const known = fileFaults[systemErrorCode(cause) ?? ""];
  const [reason, nextStep] = known ?? [messageOf(cause), undefined];
  const message = `${file} cannot be ${verb}: ${reason}.`;
  return new PalyraError("storage_failed", message, nextStep === undefined ? { cause } : { nextStep, cause });
}
