import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { ConnectorStatus } from "../../src/contracts/sidecar-status.ts";
import { commandIds } from "../../src/views/contribution-ids.ts";
import type { PalyraApi } from "../../src/views/palyra-api.ts";
import { eventually, item, palyra, up } from "./live-system.ts";

const connectorId = "discord:simulated";
const itemId = `connector:${connectorId}`;
const acceptEveryMs = 250;

describe("A Discord account in VS Code", () => {
  let api: PalyraApi;

  before(async () => {
    api = await palyra();
    await up(api, "gateway");
  });

  it("is connected by accepting what the dialogue proposes at each step", async () => {
    const done = vscode.commands.executeCommand(commandIds.trySimulatedDiscord);
    const accepting = setInterval(
      () => void vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem"),
      acceptEveryMs,
    );
    try {
      await eventually(api, "the connected bot", () =>
        /^Ready · @palyra/.test(item(api, itemId)?.description ?? ""),
      );
      await eventually(
        api,
        "the delivered test message",
        () => typeof connector(api)?.last_outbound_unix_ms === "number",
      );
    } finally {
      clearInterval(accepting);
    }
    await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
    await done;
    assert.equal(item(api, "setup:discord")?.description ?? "done", "done");
  });

  it("offers on its item what its state allows, and each command acts on it alone", async () => {
    await eventually(
      api,
      "an empty queue",
      () => item(api, itemId)?.contextValue === "connector discord canDisable canPause",
    );
    await vscode.commands.executeCommand(commandIds.pauseQueue, itemId);
    await eventually(api, "the pause", () => / canResume\b/.test(item(api, itemId)?.contextValue ?? ""));
    await vscode.commands.executeCommand(commandIds.resumeQueue, itemId);
    await eventually(api, "the end of the pause", () =>
      / canPause\b/.test(item(api, itemId)?.contextValue ?? ""),
    );
  });

  it("is connected anew with the same bot", async () => {
    await vscode.commands.executeCommand(commandIds.restartChannel, itemId);
    await eventually(api, "word of the restart", () =>
      api.snapshot()?.recent_events.some(({ message }) => message === "The connector was restarted."),
    );
    await eventually(api, "the bot", () => /^Ready · @palyra/.test(item(api, itemId)?.description ?? ""));
  });

  it("shows its events in a document", async () => {
    await vscode.commands.executeCommand(commandIds.showChannelLog, itemId);
    const text = vscode.window.activeTextEditor?.document.getText() ?? "";
    assert.match(text, /^Events of discord:simulated\n\n\d{4}-\d\d-\d\dT/);
  });
});

function connector(api: PalyraApi): ConnectorStatus | undefined {
  const connectors = api.snapshot()?.gateway?.status.connectors ?? [];
  return connectors.find(({ connector_id }) => connector_id === connectorId);
}
