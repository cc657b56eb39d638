import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { TimelineEvent } from "../../../src/contracts/timeline.ts";
import { statePaths } from "../../../src/platform/state-paths.ts";
import type { ControlCenter } from "../../../src/supervisor/control-center.ts";
import { readTimeline } from "../../../src/supervisor/timeline/read-timeline.ts";
import {
  serviceIn,
  snapshotWhere,
  TestHome,
  testOptions,
  viewOf,
} from "../../support/supervisor/control-center-host.ts";
import { startHost } from "../../support/supervisor/start-host.ts";

const realGateway = path.resolve(import.meta.dirname, "../../../dist/palyrad.mjs");

describe("The timeline of running services", () => {
  let home: TestHome;
  beforeEach(async () => {
    home = await TestHome.create();
  });
  afterEach(async () => {
    await home.remove();
  });

  const everything = { sinceMs: 0, service: null, level: "info" } as const;
  const stored = async (): Promise<readonly TimelineEvent[]> =>
    readTimeline(statePaths(home.stateRoot).timelineDir, everything);
  const storedKinds = async (): Promise<string[]> => (await stored()).map(({ kind }) => kind);

  async function shows(center: ControlCenter, kind: string): Promise<TimelineEvent> {
    const has = (event: TimelineEvent): boolean => event.kind === kind;
    const snapshot = await snapshotWhere(center, `${kind} is shown`, (s) => s.recent_events.some(has));
    const found = snapshot.recent_events.find(has);
    assert.ok(found);
    return found;
  }

  it("tells a start, an end by signal and the restart, in the snapshot and in the file", async () => {
    const center = await home.open();
    const { pid } = await serviceIn(center, "gateway", "running");
    process.kill(pid ?? 0, "SIGKILL");
    const restart = await shows(center, "service.restart");
    assert.match(restart.message, /palyrad is started again at once: .*SIGKILL/);
    await snapshotWhere(
      center,
      "it is back",
      (s) => viewOf(s, "gateway").pid !== pid && viewOf(s, "gateway").state === "running",
    );
    const ended = (await stored()).find(({ kind }) => kind === "service.exited");
    assert.deepEqual(ended?.details, { code: null, signal: "SIGKILL", pid });
    const [newest] = center.snapshot.recent_events;
    assert.equal(newest?.kind, "service.ready", "the newest event comes first");
  });

  it("tells an observer the same, and goes on under the next owner", async () => {
    const owner = startHost(home.stateRoot, "first window");
    await owner.becomes("owner");
    const center = await home.open();
    await serviceIn(center, "gateway", "running");
    await shows(center, "service.ready");
    await owner.kill();
    await shows(center, "service.adopted");
    const kinds = await storedKinds();
    assert.deepEqual(
      kinds.filter((kind) => kind.startsWith("owner.")),
      ["owner.began", "owner.took_over"],
    );
    const numbers = (await stored()).map(({ seq }) => seq);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
      "no number is used twice or left out",
    );
  });

  it("tells that tokens were rotated and a secret stored, without the secret", async () => {
    const center = await home.open();
    await serviceIn(center, "gateway", "running");
    const value = "MTIz.a-secret-that-nobody-sees.0123456789";
    await center.rotateTokens();
    await center.setSecret("global/discord_bot_token", value);
    await shows(center, "tokens.rotated");
    const text = JSON.stringify(await stored());
    assert.ok(text.includes("global/discord_bot_token") && !text.includes(value));
  });

  it("has every event of the gateway once, over lost connections and a time without anybody", async () => {
    const config = statePaths(home.stateRoot).gatewayConfig;
    const { sidecarBundles } = testOptions(home.stateRoot);
    const overrides = { sidecarBundles: { ...sidecarBundles, gateway: realGateway } };
    const refused = async (): Promise<number> =>
      (await storedKinds()).filter((kind) => kind === "configuration.refused").length;
    const first = await home.open(overrides);
    await serviceIn(first, "gateway", "running");
    await writeFile(config, "this is = = no toml");
    const event = await shows(first, "configuration.refused");
    assert.equal(event.service, "gateway");
    assert.equal(event.subject, "gateway");
    const { pid } = viewOf(first.snapshot, "gateway");
    await first.dispose();

    // Nobody listens while the gateway goes on.
    await writeFile(config, "");
    const second = await home.open(overrides);
    assert.equal((await serviceIn(second, "gateway", "running")).pid, pid, "the same process");
    await shows(second, "configuration.applied");
    assert.equal(await refused(), 1, "what was known is not told again");

    await writeFile(config, "also = = broken");
    await snapshotWhere(
      second,
      "the second refusal",
      (s) => s.recent_events.filter(({ kind }) => kind === "configuration.refused").length === 2,
    );
    await second.restart("gateway");
    await serviceIn(second, "gateway", "degraded");
    await snapshotWhere(
      second,
      "the refusal at the start",
      (s) => s.recent_events.filter(({ kind }) => kind === "configuration.refused").length >= 3,
    );
    assert.equal(await refused(), 3);
    await second.stop();
  }).timeout(30_000);
});
