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
 * @param moduleUrl `import.meta.url` of this module or of the bundle that contains it
 */
export function locateStoreAssets(moduleUrl: string = import.meta.url): StoreAssets {
  if (moduleUrl.endsWith(".ts")) {
    return {
      wasmFile: createRequire(moduleUrl).resolve("sql.js/dist/sql-wasm.wasm"),
      workerEntry: new URL("./store-worker.ts", moduleUrl),
    };
  }
  return {
    wasmFile: fileURLToPath(new URL("./sql-wasm.wasm", moduleUrl)),
    workerEntry: new URL("./store-worker.mjs", moduleUrl),
  };
}
