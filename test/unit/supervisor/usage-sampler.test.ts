import assert from "node:assert/strict";
import { newServiceMachine } from "../../../src/supervisor/service-model.ts";
import { serviceView } from "../../../src/supervisor/service-view.ts";
import { buildSnapshot } from "../../../src/supervisor/snapshot.ts";
import { UsageSampler } from "../../../src/supervisor/usage-sampler.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const snapshot = buildSnapshot({
  revision: 1,
  generated_at_unix_ms: 0,
  services: [
    { ...serviceView("gateway", newServiceMachine("palyrad", true)), state: "running", pid: 7 },
    { ...serviceView("browserd", newServiceMachine("palyra-browserd", true)), state: "running", pid: 8 },
  ],
  facts: { version: "1", state_root: "/s", profile: "default", role: "owner", secrets_home: "file" },
  gateway: null,
  browserd: null,
  notices: [],
});

describe("CPU and memory of the services", () => {
  let measured: number[];
  let changes: number;
  let sampler: UsageSampler;
  beforeEach(() => {
    measured = [];
    changes = 0;
    sampler = new UsageSampler({
      clock: { now: () => 5 },
      pids: () => [7, 8],
      changed: () => {
        changes += 1;
      },
      measure: async (pid) => {
        measured.push(pid);
        return pid === 8 ? null : { cpu_percent: 1.5, memory_bytes: 1_000 };
      },
    });
  });
  afterEach(() => sampler.dispose());

  it("are measured only while somebody looks, and unknown figures stay unknown", async () => {
    assert.deepEqual(
      sampler.addTo(snapshot).services.map(({ usage }) => usage),
      [null, null],
    );
    const looker = sampler.watch();
    const other = sampler.watch();
    await waitUntil("the first figures", () => changes > 0);
    assert.deepEqual(measured, [7, 8]);
    const usage = { cpu_percent: 1.5, memory_bytes: 1_000, measured_at_unix_ms: 5 };
    assert.deepEqual(
      sampler.addTo(snapshot).services.map((view) => view.usage),
      [usage, null],
    );
    looker.dispose();
    looker.dispose();
    assert.deepEqual(sampler.addTo(snapshot).services[0]?.usage, usage);
    other.dispose();
    assert.equal(sampler.addTo(snapshot).services[0]?.usage, null);
  });
});

describe("The figures of a real process", () => {
  it("are those of the system", async () => {
    let told = false;
    const sampler = new UsageSampler({
      clock: Date,
      pids: () => [process.pid],
      changed: () => {
        told = true;
      },
    });
    try {
      sampler.watch();
      await waitUntil("the first figures", () => told);
      const own = { ...snapshot, services: snapshot.services.map((view) => ({ ...view, pid: process.pid })) };
      const bytes = sampler.addTo(own).services[0]?.usage?.memory_bytes ?? 0;
      const real = process.memoryUsage().rss;
      assert.ok(bytes > real / 2 && bytes < real * 2, `${bytes} and ${real}`);
    } finally {
      sampler.dispose();
    }
  });
});
