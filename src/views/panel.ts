import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { PanelRequest, type PanelUpdate } from "../contracts/panel-link.ts";
import type { DisposableLike } from "../supervisor/control-center-options.ts";
import { isShownApproval } from "./approval-actions.ts";
import { commandIds, panelViewType } from "./contribution-ids.ts";
import { commandOfEvent } from "./event-nodes.ts";
import { panelPage } from "./panel-page.ts";
import { commandOfPanel, hasUndelivered, panelState, remedyOfShownWarning } from "./panel-state.ts";
import type { ViewStateSource } from "./view-state-source.ts";

const title = "Palyra Control Center";

/** The control center as an editor tab. There is at most one. */
export class ControlCenterPanel implements vscode.Disposable {
  readonly #extensionUri: vscode.Uri;
  readonly #source: ViewStateSource;
  readonly #subscription: DisposableLike;
  #panel: vscode.WebviewPanel | undefined;
  readonly #seen: (visible: boolean) => void;
  #revision = 0;
  #sent = "";

  /** @param seen called when the page comes into sight and when it goes */
  constructor(extensionUri: vscode.Uri, source: ViewStateSource, seen: (visible: boolean) => void) {
    this.#seen = seen;
    this.#extensionUri = extensionUri;
    this.#source = source;
    this.#subscription = source.onChange(() => this.#update());
  }

  /** Shows the panel: the one that is open, or a new one. */
  show(): void {
    if (this.#panel !== undefined) {
      this.#panel.reveal();
      return;
    }
    this.adopt(vscode.window.createWebviewPanel(panelViewType, title, vscode.ViewColumn.Active));
  }

  /** Fills a panel, also one that VS Code brought back after a reload of the window. */
  adopt(panel: vscode.WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    this.#sent = "";
    const { webview } = panel;
    const root = vscode.Uri.joinPath(this.#extensionUri, "dist", "webview");
    webview.options = { enableScripts: true, localResourceRoots: [root] };
    const tabIcon = (name: string): vscode.Uri => vscode.Uri.joinPath(this.#extensionUri, "media", name);
    panel.iconPath = { light: tabIcon("tab-light.svg"), dark: tabIcon("tab-dark.svg") };
    const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(root, name)).toString();
    webview.onDidReceiveMessage((message: unknown) => this.#receive(message));
    panel.onDidChangeViewState(() => {
      // A hidden page may have missed messages, so it gets everything when it is seen again.
      this.#sent = "";
      this.#seen(panel.visible);
      this.#update();
    });
    panel.onDidDispose(() => {
      if (this.#panel !== panel) return;
      this.#panel = undefined;
      this.#seen(false);
    });
    this.#seen(panel.visible);
    webview.html = panelPage({
      cspSource: webview.cspSource,
      scriptUri: file("main.js"),
      styleUri: file("main.css"),
      iconsUri: file("codicon.css"),
      nonce: randomBytes(24).toString("base64url"),
    });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#panel?.dispose();
  }

  #receive(message: unknown): void {
    const parsed = PanelRequest.safeParse(message);
    // The page is untrusted: what it may not say is not done, and there is nobody to answer to.
    if (!parsed.success) return;
    const request = parsed.data;
    if (request.type === "ready") {
      this.#sent = "";
      this.#update();
    } else if (request.type === "run") {
      const command = commandOfPanel(request.command, request.service);
      void vscode.commands.executeCommand(command.id, ...command.arguments);
    } else if (request.type === "show_event") {
      const { center } = this.#source.state;
      const events = center.kind === "open" ? center.snapshot.recent_events : [];
      const shown = commandOfEvent(events, request.seq);
      if (shown !== null) void vscode.commands.executeCommand(shown.command, ...shown.arguments);
    } else if (request.type === "show_undelivered") {
      if (!hasUndelivered(this.#source.state, request.connector_id)) return;
      void vscode.commands.executeCommand(commandIds.showDeadLetters, request.connector_id);
    } else if (request.type === "decide") {
      if (!isShownApproval(this.#source.state, request.approval_id)) return;
      const command = request.verdict === "allow" ? commandIds.allowApproval : commandIds.denyApproval;
      void vscode.commands.executeCommand(command, request.approval_id);
    } else {
      const remedy = remedyOfShownWarning(this.#source.state, request.warning_id);
      if (remedy !== null) void vscode.commands.executeCommand(remedy.command, ...remedy.arguments);
    }
  }

  #update(): void {
    if (this.#panel?.visible !== true) return;
    const state = panelState(this.#source.state);
    const content = JSON.stringify(state);
    if (content === this.#sent) return;
    this.#sent = content;
    this.#revision += 1;
    const update: PanelUpdate = { type: "state", revision: this.#revision, state };
    void this.#panel.webview.postMessage(update);
  }
}
