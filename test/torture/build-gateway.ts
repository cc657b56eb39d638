import { copyFile } from "node:fs/promises";
import path from "node:path";
import { build, type Plugin } from "esbuild";

/** A guarantee of the gateway that can be taken out. */
export const breakages = ["nonce", "inbox"] as const;
export type Breakage = (typeof breakages)[number];

const root = path.resolve(import.meta.dirname, "../..");

/** Which part of the gateway is replaced, and by what. */
const replacements: Readonly<Record<Breakage, { readonly part: string; readonly by: string }>> = {
  nonce: {
    part: "src/connectors/discord/discord-rest.ts",
    by: "test/torture/broken/rest-without-nonce.ts",
  },
  inbox: {
    part: "src/connectors/store/open-connector-store.ts",
    by: "test/torture/broken/forgetful-store.ts",
  },
};

/**
 * Bundles the gateway of the sources, whole or with one part replaced, with the files it needs beside it.
 * The product has no switch for this: what is broken is built so.
 * @returns path of the bundle
 * @throws when nothing imports the part that is to be replaced
 */
export async function buildGateway(folder: string, breakage: Breakage | null): Promise<string> {
  const plugins = breakage === null ? [] : [replacing(replacements[breakage])];
  await build({
    bundle: true,
    minify: true,
    platform: "node",
    target: "node22",
    format: "esm",
    logLevel: "error",
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    external: ["zlib-sync", "bufferutil", "utf-8-validate", "erlpack"],
    entryPoints: {
      palyrad: path.join(root, "src/gateway/main.ts"),
      "store-worker": path.join(root, "src/connectors/store/store-worker.ts"),
    },
    plugins,
  });
  await copyFile(
    path.join(root, "node_modules/sql.js/dist/sql-wasm.wasm"),
    path.join(folder, "sql-wasm.wasm"),
  );
  return path.join(folder, "palyrad.mjs");
}

function replacing(replacement: { readonly part: string; readonly by: string }): Plugin {
  const part = path.join(root, replacement.part);
  const by = path.join(root, replacement.by);
  let replaced = false;
  return {
    name: "replacing",
    setup: (setup) => {
      setup.onResolve({ filter: new RegExp(`${path.basename(part, ".ts")}\\.ts$`) }, (imported) => {
        if (imported.importer === by || path.resolve(imported.resolveDir, imported.path) !== part)
          return null;
        replaced = true;
        return { path: by };
      });
      setup.onEnd(() => (replaced ? null : { errors: [{ text: `nothing imports ${replacement.part}` }] }));
    },
  };
}
