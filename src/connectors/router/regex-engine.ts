type RegexEngine = typeof import("re2js");

let loaded: RegexEngine | null = null;

/**
 * Loads the engine for regular expressions, which takes linear time whatever the pattern. It is large, and most
 * configurations have no such pattern: whoever compiles one calls this before.
 */
export async function loadRegexEngine(): Promise<void> {
  loaded ??= await import("re2js");
}

/** The engine. @throws when it was not loaded */
export function regexEngine(): RegexEngine {
  if (loaded === null) throw new Error("The engine for regular expressions is not loaded.");
  return loaded;
}
