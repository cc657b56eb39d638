import assert from "node:assert/strict";
import type { TimelineEvent } from "../../../src/contracts/timeline.ts";
import { commandIds } from "../../../src/views/contribution-ids.ts";
import {
  commandOfEvent,
  momentOfArgument,
  recentEventNodes,
  shownEventLimit,
} from "../../../src/views/event-nodes.ts";
import { passes } from "../../../webview-ui/event-filter.ts";

const now = 1_700_000_000_000;
const event = (changes: Partial<TimelineEvent> = {}): TimelineEvent => ({
  seq: 7,
  unix_ms: now - 5 * 60_000,
  service: "gateway",
  subject: null,
  kind: "service.exited",
  level: "error",
  message: "palyrad was ended by SIGKILL.",
  details: { code: null, signal: "SIGKILL", pid: 42 },
  ...changes,
});

describe("Recent events in the overview", () => {
  it("are folded under one item, with how long ago they were and all details in the tooltip", () => {
    const [group] = recentEventNodes([event()], now);
    assert.equal(group?.expanded, false);
    const [node] = group?.children ?? [];
    assert.equal(node?.label, "palyrad was ended by SIGKILL.");
    assert.equal(node?.description, "5 min ago");
    assert.match(node?.tooltip ?? "", /service\.exited\nsignal: SIGKILL\npid: 42$/);
    assert.equal(node?.icon?.id, "error");
  });

  it("are bounded, and are not there when nothing happened", () => {
    const many = Array.from({ length: 60 }, (_, index) => event({ seq: 100 - index }));
    const shown = recentEventNodes(many, now)[0]?.children ?? [];
    assert.equal(shown.length, shownEventLimit);
    assert.equal(shown[0]?.id, "event:100", "the newest comes first");
    assert.deepEqual(recentEventNodes([], now), []);
  });

  it("lead to their moment in the log of their service; what has no log leads nowhere", () => {
    const command = recentEventNodes([event()], now)[0]?.children[0]?.command;
    assert.equal(command?.command, commandIds.showLogsAt);
    assert.deepEqual(momentOfArgument(command?.arguments[0]), { service: "gateway", unix_ms: now - 300_000 });
    assert.equal(recentEventNodes([event({ service: null })], now)[0]?.children[0]?.command, undefined);
    assert.equal(commandOfEvent([event()], 8), null);
    assert.deepEqual(commandOfEvent([event()], 7), command);
    for (const wrong of [undefined, null, 1, "gateway", "sshd@1", "gateway@x"]) {
      assert.equal(momentOfArgument(wrong), null);
    }
  });
});

describe("The events of the panel", () => {
  it("are found by words in any column and any order, and by being a problem", () => {
    const exited = event();
    assert.ok(passes(exited, { level: "all", text: "" }));
    assert.ok(passes(exited, { level: "problems", text: "sigkill PALYRAD" }));
    assert.ok(!passes(exited, { level: "all", text: "browser" }));
    assert.ok(!passes(event({ level: "info" }), { level: "problems", text: "" }));
  });
});
