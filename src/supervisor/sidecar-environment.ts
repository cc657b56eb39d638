/**
 * What glibc is told about memory: by default it opens an arena for each thread that compiles or collects garbage
 * while a sidecar starts, and keeps what they used for good. Other systems do not know these names.
 */
const allocatorSettings = { MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "131072" } as const;

/**
 * Environment of a sidecar: the host's own without what belongs to the editor, so that nothing of it reaches
 * the sidecar or the browsers it starts. `ELECTRON_RUN_AS_NODE` makes the editor's executable a plain Node.js.
 */
export function sidecarEnvironment(
  host: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const kept = Object.entries(host).filter(([name]) => !belongsToEditor(name.toUpperCase()));
  return { ...allocatorSettings, ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: "1" };
}

function belongsToEditor(name: string): boolean {
  return name.startsWith("VSCODE_") || name.startsWith("ELECTRON_") || name === "NODE_OPTIONS";
}
