import { isSnowflake } from "./ids.ts";

/** Longest sequence of one Unicode emoji, in UTF-16 units; families of four with skin tones fit. */
const longestEmoji = 64;

/**
 * An emoji as it stands in a path of Discord's API: the Unicode characters, or `name:id` of a custom one
 * (Discord, "Create Reaction"). Takes `<:name:id>` and `<a:name:id>` too.
 * @returns percent-encoded; null for what is no emoji
 */
export function emojiInPath(text: string): string | null {
  const trimmed = text.trim();
  const custom = /^(?:<a?:)?([A-Za-z0-9_]{2,32}):(\d+)>?$/.exec(trimmed);
  if (custom !== null) return isSnowflake(custom[2]) ? encodeURIComponent(`${custom[1]}:${custom[2]}`) : null;
  const isEmoji =
    trimmed.length <= longestEmoji &&
    /^(?=.*[\p{Emoji}])[^\p{L}\p{Z}\p{C}/\\?#.:]+$/u.test(withoutJoiners(trimmed));
  return isEmoji ? encodeURIComponent(trimmed) : null;
}

/** Emoji are joined by characters that are invisible by themselves. */
function withoutJoiners(text: string): string {
  return text.replace(/[\u200D\u{E0020}-\u{E007F}]/gu, "");
}
