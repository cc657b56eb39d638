/**
 * Resolves after `ms` milliseconds, or as soon as `ended` is aborted. It keeps the process alive for so long,
 * because somebody waits for it; who waits no longer says so with `ended`.
 */
export function delay(ms: number, ended?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      ended?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    if (ended?.aborted) finish();
    else ended?.addEventListener("abort", finish);
  });
}
