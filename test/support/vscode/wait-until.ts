const PROBE_EVERY_MS = 50;

/**
 * Probes until the probe returns something other than `undefined`, `null` or `false`, and returns that.
 *
 * @param what named in the error, as in "gave up waiting for WHAT".
 * @param timeoutMs deadline in milliseconds.
 * @throws Error at the deadline, with the last error of the probe as its cause.
 */
export async function waitUntil<T>(
  what: string,
  probe: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) {
        return value;
      }
      lastError = undefined;
    } catch (error) {
      // The page may be between two documents: what fails now can succeed at the next probe.
      lastError = error;
    }
    if (Date.now() >= deadline) {
      throw new Error(`gave up waiting for ${what} after ${timeoutMs / 1000} s`, { cause: lastError });
    }
    await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
  }
}
