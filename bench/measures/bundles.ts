import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { atMost, type BenchResult } from "../result.ts";

/** Sizes of the shipped bundles and, when it was made, of the package. */
export async function measure(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const file of (await readdir("dist")).sort()) {
    if (!/\.(?:mjs|cjs|wasm)$/.test(file)) continue;
    const { size } = await stat(path.join("dist", file));
    results.push({ name: `size of ${file}`, value: Math.round(size / 1024), unit: "KiB", ok: true });
  }
  const packages = (await readdir(".")).filter((file) => file.endsWith(".vsix"));
  for (const file of packages) {
    const { size } = await stat(file);
    results.push(atMost(`size of ${file}`, Number((size / 1e6).toFixed(2)), "MB", 5));
  }
  return results;
}
