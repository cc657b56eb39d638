import { messageOf, PalyraError, systemErrorCode } from "../../platform/errors.ts";

/** The one error for everything that the disk refuses. */
export function storageFailed(folder: string, cause: unknown): PalyraError {
  const message = `The store in ${folder} cannot be written or read: ${messageOf(cause)}`;
  return new PalyraError("storage_failed", message, { cause });
}

/** Runs a step of opening; an error of the file system becomes `storage_failed`. */
export async function storageStep<T>(folder: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof PalyraError || systemErrorCode(error) === undefined) throw error;
    throw storageFailed(folder, error);
  }
}

/** What whoever uses a closed store is told. */
export function storeClosed(): PalyraError {
  return new PalyraError("storage_failed", "The store is closed.", { nextStep: "Start the gateway again." });
}
