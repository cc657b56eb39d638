import assert from "node:assert/strict";
import type { ServiceState } from "../../../src/contracts/snapshot.ts";
import type { SetupMarks } from "../../../src/supervisor/onboarding-progress.ts";
import { commandIds } from "../../../src/views/contribution-ids.ts";
import { overviewNodes } from "../../../src/views/overview-nodes.ts";
import { isSetupStep, SetupMarksStore } from "../../../src/views/setup/setup-marks.ts";
import { initialViewState, setupOf, type ViewState, withSnapshot } from "../../../src/views/view-state.ts";
import { ViewStateSource } from "../../../src/views/view-state-source.ts";
import { browserd, connector, gateway, now, opened, service, snapshot } from "./sample-snapshot.ts";

const root = snapshot().quick_facts.state_root;

class Memory {
  readonly values = new Map<string, unknown>();
  readonly keys = (): readonly string[] => [...this.values.keys()];
  readonly get = (key: string): undefined => this.values.get(key) as undefined;
  readonly update = async (key: string, value: unknown): Promise<void> => void this.values.set(key, value);
}

function shown(setup?: Readonly<Record<string, SetupMarks>>, bots: Parameters<typeof gateway>[0] = []) {
  const facts = {
    services: [service(), service({ service: "browserd" })],
    gateway: gateway(bots),
    browserd: browserd("/usr/bin/chromium"),
  };
  return overviewNodes({ ...opened(facts), ...(setup === undefined ? {} : { setup }) }, now)[0];
}

describe("The set-up in the overview", () => {
  it("is its first item with how far it is, and a click goes on", () => {
    const item = shown({ [root]: { confirmed: ["welcome"], skipped: [] } });
    assert.deepEqual([item?.label, item?.description], ["Set up: 4 of 7", "Next: State folder"]);
    assert.equal(item?.command?.command, commandIds.setUp);
    assert.deepEqual(
      item?.children.map(({ description }) => description),
      ["done", "done", "next", "done", "to do", "to do", "done"],
    );
    assert.deepEqual(item?.children[5]?.command?.arguments, ["discord"]);
  });

  it("is gone when nothing of it is left, and while it is not known", () => {
    assert.equal(shown({}, [connector()])?.id, "services");
    assert.equal(shown()?.id, "services");
  });

  it("does not come back while a service of a finished set-up is started again, only when it fails", () => {
    const finished = {
      services: [service(), service({ service: "browserd" })],
      gateway: gateway([connector()]),
      browserd: browserd("/usr/bin/chromium"),
    };
    const first = withSnapshot({ ...initialViewState, setup: {} }, snapshot(finished));
    const became = (state: ServiceState, told = first) =>
      withSnapshot(told, snapshot({ ...finished, services: [service({ state })], gateway: null }));
    const item = (state: ViewState) => overviewNodes(state, now)[0]?.label;
    const back = became("starting", became("backoff", became("unhealthy")));
    assert.doesNotMatch(item(back) ?? "", /^Set up/);
    const opening = gateway([]);
    opening?.status.reasons.push({ code: "service_unavailable", message: "It opens.", next_step: "Wait." });
    assert.doesNotMatch(
      item(withSnapshot(back, snapshot({ ...finished, gateway: opening }))) ?? "",
      /^Set up/,
    );
    assert.match(item(became("failed", back)) ?? "", /^Set up: \d of 7/);
    const elsewhere = snapshot({ quick_facts: { ...snapshot().quick_facts, state_root: "/elsewhere" } });
    const other = withSnapshot(first, { ...elsewhere, services: [service({ state: "starting" })] });
    assert.match(item(other) ?? "", /^Set up/, "another state folder is another set-up");
  });

  it("shows a first start that does not succeed", () => {
    const begun = withSnapshot(
      { ...initialViewState, setup: {} },
      snapshot({ services: [service({ state: "stopped" })] }),
    );
    const problem = { code: "port_in_use", message: "The port is taken.", next_step: "Free it." } as const;
    const waits = withSnapshot(begun, snapshot({ services: [service({ state: "backoff", problem })] }));
    assert.equal(setupOf(waits)?.steps.find(({ id }) => id === "environment")?.state, "failed");
  });

  it("remembers what was agreed to and left out for each state folder, over a restart of the window", async () => {
    const memory = new Memory();
    const source = new ViewStateSource();
    const marks = new SetupMarksStore(memory, source);
    await marks.confirm(root, "welcome");
    await marks.skip(root, "discord", true);
    await marks.skip("/elsewhere", "browser", true);
    await marks.confirm(root, "discord");
    const again = new ViewStateSource();
    new SetupMarksStore(memory, again);
    assert.deepEqual(again.state.setup, source.state.setup);
    assert.deepEqual(again.state.setup?.[root], { confirmed: ["welcome", "discord"], skipped: [] });
    assert.deepEqual(again.state.setup?.["/elsewhere"]?.skipped, ["browser"]);
  });

  it("makes nothing of what an editor stored wrongly", () => {
    const memory = new Memory();
    const source = new ViewStateSource();
    memory.values.set("palyra.setup", { [root]: { confirmed: ["welcome", "nonsense", 7], skipped: "all" } });
    new SetupMarksStore(memory, source);
    assert.deepEqual(source.state.setup?.[root], { confirmed: ["welcome"], skipped: [] });
    assert.equal(isSetupStep("nonsense"), false);
  });

  it("tells why the control center could not be opened in the step about the machine", () => {
    const problem = { code: "storage_failed", message: "The disk is full.", next_step: "Free it." } as const;
    const progress = setupOf({ center: { kind: "failed", problem }, settingWarnings: [], setup: {} });
    assert.deepEqual(progress?.steps[1]?.problem, problem);
  });
});
