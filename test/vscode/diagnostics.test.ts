import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { strFromU8, unzipSync } from "fflate";
import * as vscode from "vscode";
import { serviceKinds } from "../../src/contracts/service-kinds.ts";
import { commandIds } from "../../src/views/contribution-ids.ts";
import type { PalyraApi } from "../../src/views/palyra-api.ts";
import { palyra, up } from "./live-system.ts";

describe("Diagnostics in VS Code", () => {
  let api: PalyraApi;
  before(async () => {
    api = await palyra();
    for (const kind of serviceKinds) await up(api, kind);
  });

  it("makes all checks and shows the report, with the running services in it", async () => {
    await vscode.commands.executeCommand(commandIds.runDiagnostics);
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.uri.scheme, "palyra-diagnostics");
    const report = editor?.document.getText() ?? "";
    assert.match(report, /Fine: Message store\n {4}The running gateway has it open and reports no fault\./);
    assert.match(report, /Fine: Tokens and secrets\n {4}Our own tokens and .* VS Code's secret storage\./);
    assert.match(report, new RegExp(`Fine: Runtime\\n {4}Palyra .*VS Code ${vscode.version}`));
    assert.doesNotMatch(report, /Not checked:/);
  });

  it("exports a support bundle to a chosen file, without the tokens of the services", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "palyra-bundle-"));
    try {
      const file = path.join(folder, "bundle.zip");
      await vscode.commands.executeCommand(commandIds.exportSupportBundle, vscode.Uri.file(file));
      const entries = unzipSync(await readFile(file));
      const snapshot = JSON.parse(strFromU8(entries["snapshot.json"] ?? new Uint8Array())) as {
        services: { pid: number | null }[];
      };
      assert.deepEqual(
        snapshot.services.map(({ pid }) => pid),
        api.snapshot()?.services.map(({ pid }) => pid),
      );
      assert.ok(entries["logs/gateway.log"], "the gateway's log is in it");
      for (const [name, content] of Object.entries(entries)) {
        if (name === "manifest.json") continue;
        assert.doesNotMatch(strFromU8(content), /[\w-]*[A-Z][\w-]{41,}/, `a word like a token in ${name}`);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
