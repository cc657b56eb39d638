/** Letters, digits, `.`, `_` and `-`; everything else becomes `_`, and no dot stands at an end. */
export function safeFilename(name: string): string {
  const safe = name
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .replace(/^\.+|\.+$/g, "")
    .slice(0, 128);
  return safe === "" ? "file" : safe;
}
