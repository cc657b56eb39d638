import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { build } from "esbuild";

/** A `palyra` command with test sidecars beside it, as `dist/` has the real ones. */
export interface BuiltCommand {
  /** Path of `palyra.mjs`. */
  readonly file: string;
  remove(): Promise<void>;
}

/** Bundles the command line as the product's build does. */
export async function buildCommand(): Promise<BuiltCommand> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "palyra-cli-"));
  const root = path.resolve(import.meta.dirname, "../../..");
  await build({
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    logLevel: "error",
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    entryPoints: {
      palyra: path.join(root, "src/cli/main.ts"),
      palyrad: path.join(root, "test/support/supervisor/test-gateway.ts"),
      "palyra-browserd": path.join(root, "test/support/supervisor/test-browserd.ts"),
    },
  });
  return {
    file: path.join(folder, "palyra.mjs"),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
