import { access } from "node:fs/promises";

/**
 * A name beside `file` under which it can be kept when it cannot be used: `FILE.unreadable-TIME`, with a
 * number when that is taken. Nothing that cannot be read is ever deleted.
 */
export async function unusedName(file: string, now: Date = new Date()): Promise<string> {
  const base = `${file}.unreadable-${now.toISOString().replaceAll(/[:.]/g, "-")}`;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    const taken = await access(name).then(
      () => true,
      () => false,
    );
    if (!taken) return name;
  }
}
