/** The arrows of docs/architecture.md: imports point down only. */
const layer = (name, from, mayImport) => ({
  name,
  severity: "error",
  comment: `${from} may import only: ${mayImport.join(", ")}`,
  from: { path: `^src/${from}/` },
  to: { path: "^src/", pathNot: [from, ...mayImport].map((folder) => `^src/${folder}/`) },
});

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, path: "^src/", pathNot: "\\.d\\.ts$" },
      to: {},
    },
    layer("contracts-import-zod-only", "contracts", []),
    {
      name: "contracts-use-zod-only",
      severity: "error",
      from: { path: "^src/contracts/" },
      to: { path: "node_modules", pathNot: "node_modules/zod/" },
    },
    layer("platform-imports-contracts", "platform", ["contracts"]),
    layer("supervisor-is-its-own-process", "supervisor", ["platform", "contracts"]),
    layer("sidecar-base", "sidecar", ["platform", "contracts"]),
    layer("connectors-are-reusable", "connectors", ["platform", "contracts"]),
    layer("gateway", "gateway", ["connectors", "sidecar", "platform", "contracts"]),
    layer("browserd", "browserd", ["sidecar", "platform", "contracts"]),
    layer("cli", "cli", ["supervisor", "platform", "contracts"]),
    layer("views", "views", ["supervisor", "platform", "contracts"]),
    layer("simulator-stands-alone", "simulator", ["platform"]),
    {
      name: "vscode-only-in-views",
      severity: "error",
      comment: "Everything that imports `vscode` lives in src/views/ and src/extension.ts.",
      from: { path: "^src/", pathNot: ["^src/views/", "^src/extension\\.ts$"] },
      to: { path: "^vscode$" },
    },
    {
      name: "webview-has-no-node",
      severity: "error",
      from: { path: "^webview-ui/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "webview-imports-contracts-only",
      severity: "error",
      from: { path: "^webview-ui/" },
      to: { path: "^src/", pathNot: "^src/contracts/" },
    },
    {
      name: "product-code-imports-no-tests",
      severity: "error",
      from: { path: "^(src|webview-ui)/" },
      to: { path: "^(test|bench|scripts)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|\\.cache|coverage)/|^esbuild\\.mjs$" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
