const hidden = /^(?:VSCODE_|ELECTRON_|PALYRA_|MALLOC_)|^NODE_OPTIONS$/i;

/**
 * The environment for a browser: the daemon's own without what belongs to the editor, to Electron, to
 * Node.js or to the product. An inherited `ELECTRON_RUN_AS_NODE` or `NODE_OPTIONS` changes how
 * Electron-based helpers start, and a browser has its own wishes about memory.
 */
export function browserEnvironment(own: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(own).filter(([name]) => !hidden.test(name)));
}
