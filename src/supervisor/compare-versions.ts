/**
 * Order of two product versions, as Semantic Versioning 2.0.0 section 11 has it: numbers by value, a version with
 * a pre-release before the one without.
 * @returns below 0 when `a` is the older one; 0 when they are equal or one of them is no version
 */
export function compareVersions(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  if (left === null || right === null) return 0;
  for (const [index, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.preRelease.length === 0 || right.preRelease.length === 0) {
    return right.preRelease.length - left.preRelease.length;
  }
  return comparePreReleases(left.preRelease, right.preRelease);
}

interface Version {
  readonly numbers: readonly number[];
  readonly preRelease: readonly string[];
}

function parse(text: string): Version | null {
  const match = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]{1,100}))?(?:\+.*)?$/.exec(text.trim());
  if (match === null) return null;
  return { numbers: match.slice(1, 4).map(Number), preRelease: match[4]?.split(".") ?? [] };
}

function comparePreReleases(left: readonly string[], right: readonly string[]): number {
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const a = left[index];
    const b = right[index];
    // The one with more parts is the newer one.
    if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
    if (a === b) continue;
    const [numberA, numberB] = [a, b].map((part) => (/^\d+$/.test(part) ? Number(part) : null));
    if (numberA != null && numberB != null) return numberA - numberB;
    if (numberA != null || numberB != null) return numberA == null ? 1 : -1;
    return a < b ? -1 : 1;
  }
  return 0;
}
