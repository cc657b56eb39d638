/**
 * Looks again and again until `find` returns something, and returns it.
 *
 * @param deadlineMs milliseconds after which it fails
 */
export async function until<T>(find: () => T | undefined | false | null, deadlineMs = 8000): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const found = find();
    if (found) return found;
    if (Date.now() > end) throw new Error(`Waited ${deadlineMs} ms in vain for: ${find.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
