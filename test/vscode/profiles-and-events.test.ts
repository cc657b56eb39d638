import assert from "node:assert/strict";
import * as vscode from "vscode";
import { serviceKinds } from "../../src/contracts/service-kinds.ts";
import { ProfileCatalog } from "../../src/supervisor/profiles/profile-catalog.ts";
import { commandIds } from "../../src/views/contribution-ids.ts";
import type { PalyraApi } from "../../src/views/palyra-api.ts";
import { eventually, item, palyra, service, up } from "./live-system.ts";

describe("Recent events in VS Code", () => {
  it("tell in the overview of a process that was killed and started again, and lead to the log", async () => {
    const api = await palyra();
    const { pid } = await up(api, "gateway");
    const known = new Set(item(api, "events")?.children.map(({ id }) => id));
    process.kill(pid, "SIGKILL");
    const told = await eventually(api, "the restart among the events", () =>
      item(api, "events")?.children.find(
        ({ id, label }) => !known.has(id) && /palyrad is started again/.test(label),
      ),
    );
    assert.equal(told.description, "just now");
    assert.match(told.tooltip ?? "", /service\.restart/);
    assert.equal(told.command?.command, commandIds.showLogsAt);
    await vscode.commands.executeCommand(commandIds.showLogsAt, ...(told.command?.arguments ?? []));
    await up(api, "gateway");
    const labels = item(api, "events")?.children.map(({ label }) => label) ?? [];
    const [newest = ""] = labels.filter((label) => /^palyrad (is ready|is started again)/.test(label));
    assert.match(newest, /is ready/, "the newest comes first");
  });
});

describe("A switch of the profile in VS Code", () => {
  let api: PalyraApi;
  let base: string;

  const pids = (): (number | null | undefined)[] => serviceKinds.map((kind) => service(api, kind)?.pid);
  const isAlive = (pid: number | null | undefined): boolean => {
    try {
      return typeof pid === "number" && process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  before(async () => {
    api = await palyra();
    for (const kind of serviceKinds) await up(api, kind);
    base = api.snapshot()?.quick_facts.state_root ?? "";
    await new ProfileCatalog(base).create("work", Date.now());
  });

  after(async () => {
    await vscode.commands.executeCommand(commandIds.switchProfile, { profile: "default", services: "stop" });
    await new ProfileCatalog(base).remove("work");
    for (const kind of serviceKinds) await up(api, kind);
  });

  async function shows(profile: string): Promise<void> {
    await eventually(api, `the profile ${profile}`, () => api.snapshot()?.quick_facts.profile === profile);
    for (const kind of serviceKinds) await up(api, kind);
  }

  it("starts services of its own, and lets the old ones go on; back again, it finds them as they were", async () => {
    const before = pids();
    await vscode.commands.executeCommand(commandIds.switchProfile, { profile: "work", services: "leave" });
    await shows("work");
    const after = pids();
    assert.ok(
      after.every((pid) => !before.includes(pid)),
      `${before} and ${after}`,
    );
    assert.ok(before.every(isAlive), "the services of the old profile live on for their linger time");
    assert.match(api.snapshot()?.quick_facts.state_root ?? "", /profiles.work$/);
    assert.equal(item(api, "service:gateway/pid")?.description, String(service(api, "gateway")?.pid));

    await vscode.commands.executeCommand(commandIds.switchProfile, { profile: "default", services: "stop" });
    await shows("default");
    assert.deepEqual(pids(), before, "the same processes are found again");
    assert.ok(serviceKinds.every((kind) => service(api, kind)?.adopted));
    assert.ok(!after.some(isAlive), "what was to be stopped is gone");
  });

  it("to a profile that is not there changes nothing", async () => {
    const before = pids();
    await vscode.commands.executeCommand(commandIds.switchProfile, { profile: "nowhere", services: "stop" });
    assert.equal(api.snapshot()?.quick_facts.profile, "default");
    assert.deepEqual(pids(), before);
  });
});
