import { redactForms } from "./secret-forms.ts";
import { type SecretSearch, secretSearches } from "./secret-spellings.ts";
import { redactKeyedValues } from "./sensitive-keys.ts";

/** What stands in a text where a secret was. */
export const redactionMarker = "<redacted>";

/**
 * Removes secrets from text before it reaches any sink: log, error, snapshot, file. It knows the exact
 * values of the live secrets it was told of, and the forms and key names under which others appear.
 *
 * Every step takes time in proportion to the text. Harmless text that is changed all the same:
 * - the value of a key that has a sensitive word, whatever it is: `token: 3 of 5`, `"secret": 12`, and all of a
 *   list or an object under it; not `true`, `false`, `null`, `none`, `missing`, and not `tokens` or `design`
 * - a quoted value or a list of a sensitive key without its end: everything to the end of the text
 * - `Basic` and `Bearer` before a word of eight or more characters with digits, signs or inner capitals, and
 *   `Bot` before such a word unless it is a number
 * - the word after an option such as `--token`, unless it has small letters only
 * - user names in addresses: `ssh://git@host` becomes `ssh://host`
 * - words in the form of a known maker's token, such as `sk-` with sixteen more characters, and three parts with
 *   dots that are as long as those of a Discord token
 */
export class Redactor {
  readonly #searches = new Map<string, readonly SecretSearch[]>();

  /** Makes a value known as secret. Values under 8 characters are covered by patterns only. */
  add(secret: string): void {
    if (this.#searches.has(secret)) return;
    const searches = secretSearches(secret);
    if (searches.length === 0) return;
    this.#searches.set(secret, searches);
    // Longest first: one that is the beginning of another must not leave the rest of that one.
    const sorted = [...this.#searches].sort(([one], [other]) => other.length - one.length);
    this.#searches.clear();
    for (const [value, found] of sorted) this.#searches.set(value, found);
  }

  /** The text with `<redacted>` in place of every secret; harmless text is returned unchanged. */
  redact(text: string): string {
    let output = text;
    for (const searches of this.#searches.values()) {
      for (const search of searches) output = search(output, redactionMarker);
    }
    return redactKeyedValues(redactForms(output, redactionMarker), redactionMarker);
  }
}
