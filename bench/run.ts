// Runs the measures of bench/measures/ (all, or those named) and prints a table, or with --json one document.
import { readdir } from "node:fs/promises";
import path from "node:path";
import type { BenchResult } from "./result.ts";

const json = process.argv.includes("--json");
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const folder = path.join(import.meta.dirname, "measures");
const names = (await readdir(folder)).map((file) => path.basename(file, ".ts")).sort();
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no measure “${unknown.join("”, “")}”. There are: ${names.join(", ")}.\n`);
  process.exit(2);
}

const results: BenchResult[] = [];
for (const name of names.filter((candidate) => wanted.length === 0 || wanted.includes(candidate))) {
  process.stderr.write(`measuring ${name} ...\n`);
  const { measure } = (await import(path.join(folder, `${name}.ts`))) as {
    measure(): Promise<BenchResult[]>;
  };
  results.push(...(await measure()));
}

// A ratio to something measured in the same run holds on any machine; a bare figure is this machine's.
const machineIndependent = results.filter(({ ratio }) => ratio !== undefined).map(({ name }) => name);

if (json) {
  process.stdout.write(`${JSON.stringify({ results, machineIndependent })}\n`);
} else {
  const rows = results.map((result) => [
    result.name,
    `${result.value} ${result.unit}`,
    result.ratio === undefined ? "" : `${result.ratio.toFixed(2)} x ${result.peer}`,
    result.target ?? "",
    result.ok ? "ok" : "MISSED",
  ]);
  const header = ["figure", "value", "ratio", "target", ""];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [header, ...rows])
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
  process.stdout.write(
    `\nMachine-independent (a ratio to a peer in the same run): ${machineIndependent.join("; ") || "none"}.\n`,
  );
}
process.exitCode = results.every((result) => result.ok) ? 0 : 1;
