import assert from "node:assert/strict";
import { sidecarEnvironment } from "../../../src/supervisor/sidecar-environment.ts";

describe("The environment of a sidecar", () => {
  it("has nothing of the editor's, in any spelling, but runs Electron as Node.js", () => {
    const environment = sidecarEnvironment({
      PATH: "/bin",
      HOME: "/home/me",
      VSCODE_IPC_HOOK: "x",
      vscode_pid: "1",
      ELECTRON_NO_ATTACH_CONSOLE: "1",
      ELECTRON_RUN_AS_NODE: "0",
      NODE_OPTIONS: "--inspect",
    });
    const { MALLOC_ARENA_MAX: _, MALLOC_TRIM_THRESHOLD_: __, ...others } = environment;
    assert.deepEqual(others, { PATH: "/bin", HOME: "/home/me", ELECTRON_RUN_AS_NODE: "1" });
  });

  it("has it use one arena of memory, unless the user decides about that", () => {
    assert.equal(sidecarEnvironment({}).MALLOC_ARENA_MAX, "1");
    assert.equal(sidecarEnvironment({ MALLOC_ARENA_MAX: "4" }).MALLOC_ARENA_MAX, "4");
  });
});
