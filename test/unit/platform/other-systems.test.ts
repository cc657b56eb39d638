import assert from "node:assert/strict";
import { killTree, terminate } from "../../../src/platform/kill-tree.ts";
import type { OperatingSystem } from "../../../src/platform/operating-system.ts";
import { identify, processStart } from "../../../src/platform/process-identity.ts";
import { localEndpoint, statePaths } from "../../../src/platform/state-paths.ts";

const failure = (code: number | string): Error => Object.assign(new Error("failed"), { code });

/** A system that answers as told and remembers what was asked of it. */
function systemOf(
  platform: NodeJS.Platform,
  answers: Readonly<Record<string, string | Error>>,
): OperatingSystem & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    platform,
    asked,
    run: async (program, args) => {
      asked.push([program, ...args].join(" "));
      const answer = Object.entries(answers).find(([start]) => asked.at(-1)?.startsWith(start))?.[1] ?? "";
      if (answer instanceof Error) throw answer;
      return answer;
    },
    signal: (pid, signal) => {
      if (signal !== 0) asked.push(`${signal} ${pid}`);
    },
  };
}

describe("Processes on macOS", () => {
  const started = "S    Sun Nov 22 05:00:00 2026\n";
  const table = "  1  0\n 42  1\n 43  42\n 44  43\n 50  1\n";

  it("are told apart by the time that ps tells; one that is gone, or a zombie, does not live", async () => {
    assert.equal(
      await processStart(42, systemOf("darwin", { "ps -o": started })),
      "Sun Nov 22 05:00:00 2026",
    );
    assert.equal(await processStart(42, systemOf("darwin", { "ps -o": `Z+   ${started.slice(5)}` })), null);
    assert.equal(await processStart(42, systemOf("darwin", { "ps -o": failure(1) })), null);
    await assert.rejects(processStart(42, systemOf("darwin", { "ps -o": failure("ENOENT") })));
  });

  it("stay the same processes when the computer travels into another time zone", async () => {
    const zones: (string | undefined)[] = [];
    const run: OperatingSystem["run"] = async (_program, _args, environment) => {
      zones.push(environment?.TZ);
      return started;
    };
    await processStart(42, { ...systemOf("darwin", {}), run });
    assert.deepEqual(zones, ["UTC"]);
  });

  it("end with everything below them, the process itself first stopped and then last", async () => {
    const system = systemOf("darwin", { "ps -o": started, "ps -A": table });
    await killTree({ pid: 42, start: "Sun Nov 22 05:00:00 2026" }, system);
    assert.deepEqual(
      system.asked.filter((line) => line.startsWith("SIG")),
      ["SIGSTOP 42", "SIGKILL 43", "SIGKILL 44", "SIGKILL 42"],
    );
  });

  it("are not touched when another program got the number", async () => {
    const system = systemOf("darwin", { "ps -o": started, "ps -A": table });
    const dead = { pid: 42, start: "Sat Nov 21 05:00:00 2026" };
    await killTree(dead, system);
    await terminate(dead, system);
    assert.ok(!system.asked.some((line) => line.startsWith("SIG")));
  });
});

describe("Processes on Windows", () => {
  const started = "639000000000000000\r\n";
  const identity = { pid: 42, start: "639000000000000000" };

  it("are told apart by the start time in ticks; one that is gone does not live", async () => {
    const system = systemOf("win32", { "powershell.exe": started });
    assert.equal(await processStart(42, system), identity.start);
    assert.match(system.asked[0] ?? "", /-NoProfile -NonInteractive .*Get-Process -Id 42 /);
    assert.equal(await processStart(42, systemOf("win32", { "powershell.exe": "\r\n" })), null);
    assert.equal(await processStart(42, systemOf("win32", { "powershell.exe": failure(1) })), null);
  });

  it("end with everything below them by taskkill; one that just ended is no error", async () => {
    for (const end of [killTree, terminate]) {
      const system = systemOf("win32", { "powershell.exe": started, taskkill: failure(128) });
      await end(identity, system);
      assert.equal(system.asked.at(-1), "taskkill /PID 42 /T /F");
      await assert.rejects(
        end(identity, systemOf("win32", { "powershell.exe": started, taskkill: failure(5) })),
      );
    }
  });

  it("are not touched when another program got the number", async () => {
    const system = systemOf("win32", { "powershell.exe": "639999999999999999" });
    await killTree(identity, system);
    assert.ok(!system.asked.some((line) => line.startsWith("taskkill")));
  });

  it("are reached over a named pipe with a name of the state folder's own", () => {
    const pipe = localEndpoint(statePaths("/one"), "gateway", "win32");
    assert.match(pipe, /^\\\\\.\\pipe\\palyra-[0-9a-f]{16}-gateway$/);
    assert.notEqual(pipe, localEndpoint(statePaths("/other"), "gateway", "win32"));
  });
});

describe("A number that is no process", () => {
  it("lives on no system", async () => {
    const nobody = (platform: NodeJS.Platform): OperatingSystem => ({
      ...systemOf(platform, {}),
      signal: () => {
        throw failure("ESRCH");
      },
    });
    for (const platform of ["linux", "darwin", "win32"] as const) {
      assert.equal(await processStart(42, nobody(platform)), null);
    }
    for (const pid of [0, -1, 1.5, Number.NaN]) assert.equal(await identify(pid), null);
  });
});
