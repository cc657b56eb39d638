/**
 * Names of the database's files. Image g holds everything before journal g, so the content is image g and
 * the journals g, g+1, ... One older image and the journals since then are kept as a second way back.
 */
const digits = (generation: number): string => String(generation).padStart(8, "0");

export const imageName = (generation: number): string => `image-${digits(generation)}.sqlite`;
export const journalName = (generation: number): string => `journal-${digits(generation)}.log`;

/** Generations found among the names of a folder, ascending. */
export function filesOf(names: readonly string[]): { images: number[]; journals: number[] } {
  const generations = (pattern: RegExp): number[] =>
    names
      .flatMap((name) => pattern.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  return {
    images: generations(/^image-(\d{8,})\.sqlite$/),
    journals: generations(/^journal-(\d{8,})\.log$/),
  };
}
