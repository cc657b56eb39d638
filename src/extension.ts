import * as vscode from "vscode";
import { publishContextKeys } from "./views/context-keys.ts";
import { type CommandName, commandIds, panelViewType } from "./views/contribution-ids.ts";
import { LazyRuntime } from "./views/lazy-runtime.ts";
import { OverviewTree } from "./views/overview-tree.ts";
import { type PalyraApi, palyraApi } from "./views/palyra-api.ts";
import { SettingsSource } from "./views/settings-source.ts";
import { StatusBar } from "./views/status-bar.ts";
import { ViewStateSource } from "./views/view-state-source.ts";

let runtime: LazyRuntime | undefined;

/** Puts up what is seen at once; the control center itself is loaded and opened right after. */
export function activate(context: vscode.ExtensionContext): PalyraApi {
  const source = new ViewStateSource();
  const settings = new SettingsSource(source);
  const started = new LazyRuntime(context, source, settings);
  runtime = started;
  context.subscriptions.push(
    settings,
    new StatusBar(source),
    new OverviewTree(source),
    publishContextKeys(source),
    vscode.window.registerWebviewPanelSerializer(panelViewType, {
      deserializeWebviewPanel: async (panel) => (await started.get()).adoptPanel(panel),
    }),
    ...(Object.keys(commandIds) as CommandName[]).map((name) =>
      vscode.commands.registerCommand(commandIds[name], async (argument: unknown) =>
        (await started.get()).run(name, argument),
      ),
    ),
  );
  started.openSoon();
  return palyraApi(source);
}

/** Lets go of the services; they live on for their linger time. VS Code waits a few seconds at most. */
export async function deactivate(): Promise<void> {
  await runtime?.dispose();
}
