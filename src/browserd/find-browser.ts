/** What detection may ask of the machine, so that tests can describe one. */
export interface BrowserSearchHost {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
  /** What a path leads to, links followed. `not-executable` is never returned on Windows. */
  inspect(path: string): "executable" | "not-executable" | "not-a-file" | "missing";
}

export type BrowserSearch =
  | { readonly kind: "found"; readonly path: string; readonly source: string }
  | { readonly kind: "missing"; readonly searched: readonly string[]; readonly howToInstall: string }
  | {
      readonly kind: "invalid-path";
      readonly path: string;
      readonly reason: string;
      readonly howToInstall: string;
    };

interface Product {
  readonly name: string;
  readonly linuxCommands: readonly string[];
  readonly linuxPaths: readonly string[];
  readonly macApplication: string;
  readonly windowsPath: string;
}

/** In the order of preference. */
const products: readonly Product[] = [
  {
    name: "Google Chrome",
    linuxCommands: ["google-chrome-stable", "google-chrome"],
    linuxPaths: ["/opt/google/chrome/chrome"],
    macApplication: "Google Chrome.app/Contents/MacOS/Google Chrome",
    windowsPath: "Google\\Chrome\\Application\\chrome.exe",
  },
  {
    name: "Chromium",
    linuxCommands: ["chromium", "chromium-browser"],
    linuxPaths: ["/usr/lib/chromium/chromium", "/snap/bin/chromium"],
    macApplication: "Chromium.app/Contents/MacOS/Chromium",
    windowsPath: "Chromium\\Application\\chrome.exe",
  },
  {
    name: "Microsoft Edge",
    linuxCommands: ["microsoft-edge-stable", "microsoft-edge"],
    linuxPaths: ["/opt/microsoft/msedge/msedge"],
    macApplication: "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    windowsPath: "Microsoft\\Edge\\Application\\msedge.exe",
  },
  {
    name: "Brave",
    linuxCommands: ["brave-browser-stable", "brave-browser", "brave"],
    linuxPaths: ["/opt/brave.com/brave/brave"],
    macApplication: "Brave Browser.app/Contents/MacOS/Brave Browser",
    windowsPath: "BraveSoftware\\Brave-Browser\\Application\\brave.exe",
  },
];

/**
 * Finds the browser to drive: the given path when there is one, otherwise the first installed Chrome,
 * Chromium, Edge or Brave. A given path that cannot be used is reported and never replaced by another
 * browser, because the user chose it.
 * @param givenPath absolute path of an executable; empty or undefined means: search
 */
export function findBrowser(host: BrowserSearchHost, givenPath?: string): BrowserSearch {
  if (givenPath !== undefined && givenPath.trim() !== "") return useGivenPath(host, givenPath.trim());
  const searched: string[] = [];
  for (const product of products) {
    for (const { path, shown } of candidates(product, host)) {
      if (!searched.includes(shown)) searched.push(shown);
      if (host.inspect(path) === "executable") return { kind: "found", path, source: product.name };
    }
  }
  return { kind: "missing", searched, howToInstall: howToInstall(host.platform) };
}

/** How to get a browser on a platform, in one sentence. */
function howToInstall(platform: NodeJS.Platform): string {
  const name = "or name the browser to use";
  if (platform === "linux") {
    return `Install Chrome or Chromium (for example “sudo apt install chromium” or “sudo dnf install chromium”), ${name}.`;
  }
  if (platform === "darwin") {
    return `Install Chrome from https://www.google.com/chrome/ or with “brew install --cask google-chrome”, ${name}.`;
  }
  if (platform === "win32") {
    return `Install Chrome from https://www.google.com/chrome/ or with “winget install Google.Chrome”, ${name}.`;
  }
  return `Install Chrome or Chromium, ${name}.`;
}

function useGivenPath(host: BrowserSearchHost, path: string): BrowserSearch {
  const invalid = (reason: string): BrowserSearch => ({
    kind: "invalid-path",
    path,
    reason,
    howToInstall:
      "Correct the path, or leave it empty: then the first installed Chrome, Chromium, Edge or Brave is used.",
  });
  const absolute = host.platform === "win32" ? /^(?:[a-z]:[\\/]|\\\\)/i.test(path) : path.startsWith("/");
  if (!absolute) return invalid("the path is not absolute");
  switch (host.inspect(path)) {
    case "missing":
      return invalid("there is no such file");
    case "not-a-file":
      return invalid("it is not a file");
    case "not-executable":
      return invalid("the file is not executable");
    case "executable":
      return { kind: "found", path, source: "The browser you chose" };
  }
}

interface Candidate {
  readonly path: string;
  /** How the user is told of it: a command stands for its places on the PATH, which can be very many. */
  readonly shown: string;
}

function candidates(product: Product, host: BrowserSearchHost): readonly Candidate[] {
  const { environment, homeFolder, platform } = host;
  if (platform === "darwin") {
    return [
      itself(`/Applications/${product.macApplication}`),
      itself(`${homeFolder}/Applications/${product.macApplication}`),
    ];
  }
  if (platform === "win32") {
    const roots = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap(
      (name) => variable(environment, name) ?? [],
    );
    return roots.map((root) => itself(`${root.replace(/\\+$/, "")}\\${product.windowsPath}`));
  }
  const folders = (environment.PATH ?? "").split(":").filter((folder) => folder.startsWith("/"));
  const known = ["/usr/bin", "/usr/local/bin"].filter((folder) => !folders.includes(folder));
  return [
    ...[...folders, ...known].flatMap((folder) =>
      product.linuxCommands.map((command) => ({
        path: `${folder.replace(/\/+$/, "")}/${command}`,
        shown: `${command} (on the PATH)`,
      })),
    ),
    ...product.linuxPaths.map(itself),
  ];
}

function itself(path: string): Candidate {
  return { path, shown: path };
}

/** Windows names its variables without regard to case, a plain object does not. */
function variable(environment: BrowserSearchHost["environment"], name: string): string | undefined {
  const key = Object.keys(environment).find((candidate) => candidate.toUpperCase() === name);
  const value = key === undefined ? undefined : environment[key];
  return value === "" ? undefined : value;
}
