import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { defaultStateRoot, localEndpoint, statePaths } from "../../../src/platform/state-paths.ts";

describe("The folder for Palyra's state", () => {
  it("is the one that PALYRA_STATE_ROOT names, before all others", () => {
    const env = { PALYRA_STATE_ROOT: " /srv/palyra/ ", XDG_STATE_HOME: "/xdg", HOME: "/home/ada" };
    assert.equal(defaultStateRoot(env, "linux"), "/srv/palyra/");
    assert.equal(defaultStateRoot({ ...env, PALYRA_STATE_ROOT: "  " }, "linux"), "/xdg/palyra");
  });

  it("is below XDG_STATE_HOME, else in the user's home, on Linux and macOS", () => {
    for (const platform of ["linux", "darwin"] as const) {
      assert.equal(defaultStateRoot({ XDG_STATE_HOME: "/xdg", HOME: "/home/ada" }, platform), "/xdg/palyra");
      assert.equal(defaultStateRoot({ HOME: "/home/ada" }, platform), "/home/ada/.local/state/palyra");
      assert.equal(
        defaultStateRoot({}, platform),
        path.join(os.homedir(), ".local", "state", "palyra"),
        "without variables the system is asked",
      );
    }
  });

  it("is the local folder for data of applications on Windows", () => {
    const local = defaultStateRoot({ LOCALAPPDATA: "/c/Local", APPDATA: "/c/Roaming" }, "win32");
    assert.equal(local, path.join("/c/Local", "Palyra"));
    assert.equal(defaultStateRoot({ APPDATA: "/c/Roaming" }, "win32"), path.join("/c/Roaming", "Palyra"));
    assert.throws(() => defaultStateRoot({}, "win32"), {
      code: "config_invalid",
      nextStep: /PALYRA_STATE_ROOT/,
    });
  });

  it("is refused when it is not an absolute path, with the name of the variable", () => {
    for (const name of ["PALYRA_STATE_ROOT", "XDG_STATE_HOME"]) {
      assert.throws(() => defaultStateRoot({ [name]: "relative/palyra" }, "linux"), {
        code: "config_invalid",
        message: new RegExp(`${name} must be an absolute path, but it is “relative/palyra”`),
      });
    }
  });
});

describe("The address of a local socket", () => {
  it("is in the folder itself, or in a private place when the path is too long for the system", () => {
    assert.equal(localEndpoint(statePaths("/srv/palyra"), "owner", "linux"), "/srv/palyra/run/owner.sock");
    const long = localEndpoint(statePaths(`/${"x".repeat(100)}`), "owner", "linux");
    assert.ok(long.startsWith(os.tmpdir()) && long.length <= 103, long);
  });

  it("is of one state folder only, as a pipe too", () => {
    const [one, other] = ["/srv/one", "/srv/other"].map((root) =>
      localEndpoint(statePaths(root), "owner", "win32"),
    );
    assert.match(one ?? "", /^\\\\\.\\pipe\\palyra-[0-9a-f]{16}-owner$/);
    assert.notEqual(one, other);
  });
});
