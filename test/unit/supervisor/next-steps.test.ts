import assert from "node:assert/strict";
import { errorCatalogue } from "../../../src/contracts/error-catalogue.ts";
import { PalyraError } from "../../../src/platform/errors.ts";
import { nextStepIn, snapshotIn } from "../../../src/supervisor/next-steps.ts";
import { remedyFor } from "../../../src/supervisor/remedies.ts";
import { browserd, service, snapshot } from "../views/sample-snapshot.ts";

describe("What to do next about an error", () => {
  const missing = new PalyraError("browser_missing", "No browser was found.").toDetails();

  it("names a setting in the editor and a command in the terminal", () => {
    assert.match(nextStepIn("editor", missing), /the setting “palyra\.browser\.path”/);
    assert.match(nextStepIn("terminal", missing), /“palyra up --browser FILE”/);
  });

  it("never names a command of the terminal in the editor, nor a setting or command of VS Code in the terminal", () => {
    for (const [code, { nextStep, nextStepIn: places }] of Object.entries(errorCatalogue)) {
      const { editor, terminal } = places ?? { editor: nextStep, terminal: nextStep };
      assert.doesNotMatch(editor, /“palyra /, code);
      assert.doesNotMatch(terminal, /“palyra\.|“Palyra: |choose Retry|the setting/i, code);
    }
  });

  it("stays as it is when it was written for the case at hand", () => {
    const own = new PalyraError("browser_missing", "The path is wrong.", { nextStep: "Correct it." });
    assert.equal(nextStepIn("editor", own.toDetails()), "Correct it.");
  });

  it("is in the terms of the reader everywhere in a snapshot", () => {
    const blind = browserd(null);
    const told = snapshot({
      services: [service({ state: "failed", problem: new PalyraError("crash_loop", "Over.").toDetails() })],
      browserd: blind && { ...blind, status: { ...blind.status, reasons: [missing] } },
      warnings: [
        {
          id: "browserd:browser_missing",
          source: "browserd",
          severity: "warning",
          ...missing,
          remedy: remedyFor("browser_missing"),
        },
      ],
    });
    const editor = snapshotIn("editor", told);
    const terminal = snapshotIn("terminal", told);
    assert.match(editor.browserd?.status.reasons[0]?.next_step ?? "", /the setting/);
    assert.match(terminal.browserd?.status.reasons[0]?.next_step ?? "", /palyra up/);
    assert.match(editor.warnings[0]?.next_step ?? "", /the setting/);
    assert.match(terminal.warnings[0]?.next_step ?? "", /palyra up/);
    assert.match(editor.services[0]?.problem?.next_step ?? "", /choose Retry/);
    assert.match(terminal.services[0]?.problem?.next_step ?? "", /palyra logs/);
  });
});
