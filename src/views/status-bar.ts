import * as vscode from "vscode";
import type { DisposableLike } from "../supervisor/control-center-options.ts";
import { commandIds } from "./contribution-ids.ts";
import { type StatusPresentation, statusPresentation, tooltipCommands } from "./status-presentation.ts";
import type { ViewStateSource } from "./view-state-source.ts";

const itemId = "palyra.status";
const priority = 50;

/** The one item in the status bar. A click opens the control center. */
export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #subscription: DisposableLike;
  #shown = "";

  constructor(source: ViewStateSource) {
    this.#item = vscode.window.createStatusBarItem(itemId, vscode.StatusBarAlignment.Left, priority);
    this.#item.name = "Palyra";
    this.#item.command = commandIds.openControlCenter;
    this.#set(statusPresentation(source.state));
    this.#subscription = source.onChange((state) => this.#set(statusPresentation(state)));
    this.#item.show();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#item.dispose();
  }

  #set(presentation: StatusPresentation): void {
    const appearance = JSON.stringify(presentation);
    if (appearance === this.#shown) return;
    this.#shown = appearance;
    const tooltip = new vscode.MarkdownString(presentation.tooltip, true);
    tooltip.isTrusted = { enabledCommands: tooltipCommands };
    this.#item.text = presentation.text;
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: presentation.accessibilityLabel };
    this.#item.backgroundColor =
      presentation.attention === "none"
        ? undefined
        : new vscode.ThemeColor(`statusBarItem.${presentation.attention}Background`);
  }
}
