/** Longest delay of a timer, in milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

/** Waits for `ms` milliseconds; rejects with the reason of `signal` when that is aborted first. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = setTimeout(
      () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      },
      Math.min(ms, longestTimerMs),
    );
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
