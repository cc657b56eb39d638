/**
 * Ends this process on a signal through `process.exit`, so that the servers and browsers which it started are ended
 * with it: a signal that nobody handles would skip that.
 */
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.once(signal, () => process.exit(code));
}
