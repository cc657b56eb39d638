import assert from "node:assert/strict";
import { type BrowserSearchHost, findBrowser } from "../../../src/browserd/find-browser.ts";

function host(
  platform: NodeJS.Platform,
  files: Record<string, ReturnType<BrowserSearchHost["inspect"]>>,
  environment: Record<string, string> = {},
): BrowserSearchHost {
  return { platform, environment, homeFolder: "/home/ann", inspect: (path) => files[path] ?? "missing" };
}

describe("browser detection", () => {
  const found: readonly [string, BrowserSearchHost, string, string][] = [
    [
      "Chrome from the PATH on Linux",
      host("linux", { "/opt/bin/google-chrome": "executable" }, { PATH: "/bin:/opt/bin" }),
      "/opt/bin/google-chrome",
      "Google Chrome",
    ],
    [
      "Chromium in /usr/bin on Linux although the PATH is empty",
      host("linux", { "/usr/bin/chromium": "executable" }),
      "/usr/bin/chromium",
      "Chromium",
    ],
    [
      "Chromium of a snap",
      host("linux", { "/snap/bin/chromium": "executable" }),
      "/snap/bin/chromium",
      "Chromium",
    ],
    [
      "Edge on Linux",
      host("linux", { "/opt/microsoft/msedge/msedge": "executable" }),
      "/opt/microsoft/msedge/msedge",
      "Microsoft Edge",
    ],
    [
      "Brave on Linux",
      host("linux", { "/usr/bin/brave-browser": "executable" }),
      "/usr/bin/brave-browser",
      "Brave",
    ],
    [
      "Chrome before Chromium",
      host("linux", { "/usr/bin/chromium": "executable", "/usr/bin/google-chrome": "executable" }),
      "/usr/bin/google-chrome",
      "Google Chrome",
    ],
    [
      "the next one when a file is not executable",
      host("linux", { "/usr/bin/google-chrome": "not-executable", "/usr/bin/chromium": "executable" }),
      "/usr/bin/chromium",
      "Chromium",
    ],
    [
      "Chrome on macOS",
      host("darwin", { "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome": "executable" }),
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "Google Chrome",
    ],
    [
      "Brave in the user's own applications on macOS",
      host("darwin", {
        "/home/ann/Applications/Brave Browser.app/Contents/MacOS/Brave Browser": "executable",
      }),
      "/home/ann/Applications/Brave Browser.app/Contents/MacOS/Brave Browser",
      "Brave",
    ],
    [
      "Edge on Windows, whatever the case of the variable",
      host(
        "win32",
        { "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe": "executable" },
        { "ProgramFiles(x86)": "C:\\Program Files (x86)\\" },
      ),
      "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
      "Microsoft Edge",
    ],
    [
      "Chrome installed for one user on Windows",
      host(
        "win32",
        { "C:\\Users\\ann\\AppData\\Local\\Google\\Chrome\\Application\\chrome.exe": "executable" },
        { LOCALAPPDATA: "C:\\Users\\ann\\AppData\\Local" },
      ),
      "C:\\Users\\ann\\AppData\\Local\\Google\\Chrome\\Application\\chrome.exe",
      "Google Chrome",
    ],
  ];
  for (const [title, machine, path, source] of found) {
    it(`finds ${title}`, () => assert.deepEqual(findBrowser(machine), { kind: "found", path, source }));
  }

  it("says where it looked and how to install a browser, on each platform", () => {
    for (const [platform, install] of [
      ["linux", /apt install chromium/],
      ["darwin", /brew install/],
      ["win32", /winget install/],
    ] as const) {
      const search = findBrowser(
        host(platform, {}, { PATH: "/usr/bin:relative", PROGRAMFILES: "C:\\Program Files" }),
      );
      assert.ok(search.kind === "missing");
      assert.match(search.howToInstall, install);
      assert.doesNotMatch(search.howToInstall, /palyra/, "it is read in the editor and in terminals");
      for (const product of ["chrome", "chromium", "edge", "brave"]) {
        assert.ok(
          search.searched.some((path) => path.toLowerCase().includes(product)),
          `${platform} ${product}`,
        );
      }
      assert.equal(new Set(search.searched).size, search.searched.length);
      assert.ok(search.searched.length < 20, "short enough to be read");
    }
  });

  it("never looks into a relative folder of the PATH", () => {
    const machine = host(
      "linux",
      { "relative/chromium": "executable", "./chromium": "executable" },
      { PATH: "relative:." },
    );
    assert.equal(findBrowser(machine).kind, "missing");
  });

  it("takes the given path before any installed browser", () => {
    const machine = host("linux", { "/usr/bin/chromium": "executable", "/my/own": "executable" });
    assert.deepEqual(findBrowser(machine, " /my/own "), {
      kind: "found",
      path: "/my/own",
      source: "The browser you chose",
    });
    assert.equal(findBrowser(machine, "").kind, "found");
  });

  it("reports a given path that cannot be used, and does not fall back to another browser", () => {
    const machine = host("linux", {
      "/usr/bin/chromium": "executable",
      "/folder": "not-a-file",
      "/text": "not-executable",
    });
    for (const [path, reason] of [
      ["chromium", "the path is not absolute"],
      ["/nothing", "there is no such file"],
      ["/folder", "it is not a file"],
      ["/text", "the file is not executable"],
      ["C:\\chrome.exe", "the path is not absolute"],
    ]) {
      const search = findBrowser(machine, path);
      assert.ok(search.kind === "invalid-path", path);
      assert.equal(search.reason, reason);
    }
  });
});
