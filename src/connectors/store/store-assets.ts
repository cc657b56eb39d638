import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** The two files that the store needs beside its own code. */
export interface StoreAssets {
  readonly wasmFile: string;
  readonly workerEntry: URL;
}

/**
 * Where the files are: beside the bundle (`sql-wasm.wasm`, `store-worker.mjs`), or when the code runs from
 * its sources, in the package sql.js and beside this file.
 * @param bundleUrl `import.meta.url` of the program's entry; this module may lie in a chunk elsewhere
 */
export function locateStoreAssets(bundleUrl: string): StoreAssets {
  const here = import.meta.url;
  if (here.endsWith(".ts")) {
    return {
      wasmFile: createRequire(here).resolve("sql.js/dist/sql-wasm.wasm"),
      workerEntry: new URL("./store-worker.ts", here),
    };
  }
  return {
    wasmFile: fileURLToPath(new URL("./sql-wasm.wasm", bundleUrl)),
    workerEntry: new URL("./store-worker.mjs", bundleUrl),
  };
}
