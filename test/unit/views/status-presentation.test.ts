import assert from "node:assert/strict";
import fc from "fast-check";
import { commandIds } from "../../../src/views/contribution-ids.ts";
import { escapeMarkdown } from "../../../src/views/markdown.ts";
import { statusPresentation } from "../../../src/views/status-presentation.ts";
import { initialViewState } from "../../../src/views/view-state.ts";
import { crashLoop, failed, opened, service, stopped } from "./sample-snapshot.ts";

describe("The status bar item", () => {
  it("says how the whole is in a word, with an icon, and tells the facts in its tooltip", () => {
    const shown = statusPresentation(opened());
    assert.equal(shown.text, "$(pass) Palyra: Healthy");
    assert.equal(shown.attention, "none");
    assert.match(shown.tooltip, /palyrad: Running, since .*, process 4321, port 7142/);
    assert.ok(shown.tooltip.includes(`(command:${commandIds.openControlCenter})`));
  });

  it("is coloured as an error when down, and as a warning only when degraded and mendable", () => {
    const mendable = {
      id: "w",
      severity: "warning",
      source: "browserd",
      message: "No browser.",
      next_step: "Install one.",
      remedy: { title: "Open Settings", command: commandIds.openSettings },
    } as const;
    const attention = (changes: Parameters<typeof opened>[0]) =>
      statusPresentation(opened(changes)).attention;
    assert.equal(attention({ overall_status: "down", services: [failed()] }), "error");
    assert.equal(attention({ overall_status: "degraded", warnings: [mendable] }), "warning");
    assert.equal(
      attention({ overall_status: "degraded", warnings: [{ ...mendable, remedy: null }] }),
      "none",
    );
    assert.equal(
      attention({ overall_status: "starting", services: [service({ state: "starting" })] }),
      "none",
    );
    assert.equal(attention({ overall_status: "stopped", services: [stopped()] }), "none");
  });

  it("says in words for a screen reader that there are warnings", () => {
    const warning = {
      id: "setting:palyra.gateway.port",
      severity: "warning",
      source: "control-center",
      message: "The setting is wrong.",
      next_step: "Correct it.",
      remedy: null,
    } as const;
    const { accessibilityLabel } = statusPresentation({ ...opened(), settingWarnings: [warning] });
    assert.equal(accessibilityLabel, "Palyra: Healthy. Both services run. 1 warning.");
  });

  it("links the commands that make sense in the state", () => {
    const links = (changes: Parameters<typeof opened>[0]) =>
      [...statusPresentation(opened(changes)).tooltip.matchAll(/\(command:([\w.]+)/g)].map(([, id]) => id);
    assert.deepEqual(links({ overall_status: "stopped", services: [stopped()] }), [
      commandIds.openControlCenter,
      commandIds.start,
      commandIds.showLogs,
    ]);
    assert.deepEqual(links({ overall_status: "down", services: [failed()] }), [
      commandIds.openControlCenter,
      commandIds.retry,
      commandIds.showLogs,
    ]);
  });

  it("explains an untrusted workspace and a control center that could not be opened", () => {
    const untrusted = statusPresentation({ center: { kind: "untrusted" }, settingWarnings: [] });
    assert.equal(untrusted.text, "$(shield) Palyra: Restricted");
    assert.match(untrusted.tooltip, /command:workbench\.trust\.manage/);
    const closed = statusPresentation({
      center: { kind: "failed", problem: crashLoop },
      settingWarnings: [],
    });
    assert.equal(closed.attention, "error");
    assert.match(closed.accessibilityLabel, /ended 5 times/);
    assert.equal(statusPresentation(initialViewState).text, "$(sync~spin) Palyra: Starting");
  });

  it("shows text of others as text: no link, icon or HTML comes of it", () => {
    const evil = "[run](command:palyra.stop) $(error) <img src=x> `code` **bold**\nnext";
    const { tooltip } = statusPresentation(opened({ overall_reason: evil }));
    assert.ok(!tooltip.includes("[run]("));
    assert.ok(!tooltip.includes(" $(error) <img"));
    assert.ok(!tooltip.includes("<img"));
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.doesNotMatch(escapeMarkdown(text), /(?<!\\)(?:\\\\)*[[\]()`*_$<>]/);
      }),
    );
  });
});
