const longest = 128;

/**
 * Letters, digits, `.`, `_` and `-`; everything else becomes `_`, and no dot stands at an end. A long name is cut before
 * its extension, by which people and programs tell what the file is.
 */
export function safeFilename(name: string): string {
  const safe = withoutOuterDots(name.replace(/[^A-Za-z0-9._-]/g, "_"));
  if (safe.length <= longest) return safe === "" ? "file" : safe;
  const extension = /\.[A-Za-z0-9]{1,16}$/.exec(safe)?.[0] ?? "";
  return withoutOuterDots(`${safe.slice(0, longest - extension.length)}${extension}`);
}

function withoutOuterDots(text: string): string {
  return text.replace(/^\.+|\.+$/g, "");
}
