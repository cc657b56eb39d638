/** C0 without tab and newline, DEL, C1 (Unicode 23.1), and what turns the direction of text (UAX #9, 2). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what it is about.
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Foreign text as it may be written to a terminal: characters that steer the terminal or turn the text
 * around are shown as `\u001b`, which in a string of JSON still means the same. Tabs and newlines stay.
 */
export function visibleText(text: string): string {
  return text.replace(steering, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same on one line, where a second one would look like an entry of its own. */
export function visibleLine(text: string): string {
  return visibleText(text.replaceAll(/\s+/g, " "));
}

/** Plain data, such as a snapshot, with every text in it made visible. */
export function visibleData<T>(data: T): T {
  return JSON.parse(visibleJson(data), (_name, value: unknown) =>
    typeof value === "string" ? visibleText(value) : value,
  );
}

/** Data as one line of JSON that steers no terminal and reads back as the same data. */
export function visibleJson(data: unknown): string {
  return visibleText(JSON.stringify(data));
}
