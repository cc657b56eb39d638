// Builds every bundle into dist/. `--watch` rebuilds on change, `--dev` keeps source maps and names.

import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, rm } from "node:fs/promises";
import { build, context } from "esbuild";

const watch = process.argv.includes("--watch");
const development = watch || process.argv.includes("--dev");

const shared = {
  bundle: true,
  minify: !development,
  sourcemap: "linked",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
};

// Bundled CommonJS dependencies call `require`; an ES module has to bring its own.
const requireForModules = {
  js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
};

const nodeModule = {
  ...shared,
  platform: "node",
  target: "node20",
  format: "esm",
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  banner: requireForModules,
  // Optional native accelerators of `ws` and discord.js: the product has no native modules.
  external: ["zlib-sync", "bufferutil", "utf-8-validate", "erlpack"],
};

// What is imported lazily stays in files of its own: an idle browser daemon never reads puppeteer.
const lazyChunks = (folder) => ({ splitting: true, chunkNames: `${folder}/[name]-[hash]` });

// esbuild splits ES modules only. In a CommonJS bundle this keeps what a dynamic import loads in a bundle
// beside it, so that VS Code reads no more than it needs to activate the extension.
const inFileOfItsOwn = (module) => ({
  name: "in-file-of-its-own",
  setup(bundler) {
    bundler.onResolve({ filter: new RegExp(`^${module.replaceAll(".", "\\.")}$`) }, ({ kind }) =>
      kind === "dynamic-import" ? { path: module.replace(/\.ts$/, ".cjs"), external: true } : undefined,
    );
  },
});

const existing = (entries) =>
  Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file)));

const bundles = [
  {
    ...nodeModule,
    ...lazyChunks("gateway"),
    // Its build for Node.js brings a second undici; Node's own fetch does as well.
    alias: { "@discordjs/rest": "./node_modules/@discordjs/rest/dist/web.mjs" },
    entryPoints: existing({ palyrad: "src/gateway/main.ts" }),
  },
  {
    ...nodeModule,
    entryPoints: existing({
      palyra: "src/cli/main.ts",
      "discord-sim": "src/simulator/main.ts",
      "store-worker": "src/connectors/store/store-worker.ts",
    }),
  },
  {
    ...nodeModule,
    ...lazyChunks("browserd"),
    entryPoints: existing({ "palyra-browserd": "src/browserd/main.ts" }),
  },
  {
    ...shared,
    platform: "node",
    target: "node22",
    format: "cjs",
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    external: ["vscode"],
    plugins: [inFileOfItsOwn("./window-runtime.ts")],
    entryPoints: existing({ extension: "src/extension.ts", "window-runtime": "src/views/window-runtime.ts" }),
  },
  {
    ...shared,
    // Stack traces of tests have to be readable in an extension host, which knows no source maps.
    minify: false,
    platform: "node",
    target: "node22",
    format: "cjs",
    outdir: "dist/test",
    outExtension: { ".js": ".cjs" },
    external: ["vscode"],
    // Mocha names files of its parallel mode, which is not used.
    logOverride: { "require-resolve-not-external": "silent" },
    entryPoints: existing({ vscode: "test/vscode/index.ts" }),
  },
  {
    ...shared,
    platform: "browser",
    target: "chrome134",
    format: "esm",
    outdir: "dist/webview",
    entryPoints: existing({ main: "webview-ui/main.ts" }),
  },
].filter((bundle) => Object.keys(bundle.entryPoints).length > 0);

// A plain build leaves what is there, so that running sidecars keep their files.
if (process.argv.includes("--clean")) await rm("dist", { recursive: true, force: true });
await mkdir("dist/webview", { recursive: true });
await copyFile("node_modules/sql.js/dist/sql-wasm.wasm", "dist/sql-wasm.wasm");
for (const file of ["codicon.css", "codicon.ttf"])
  await copyFile(`node_modules/@vscode/codicons/dist/${file}`, `dist/webview/${file}`);
if (existsSync("src/simulator/web")) await cp("src/simulator/web", "dist/simulator-web", { recursive: true });

if (watch) {
  for (const bundle of bundles) await (await context(bundle)).watch();
} else {
  await Promise.all(bundles.map((bundle) => build(bundle)));
}
