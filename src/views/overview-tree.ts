import * as vscode from "vscode";
import { overviewViewId } from "./contribution-ids.ts";
import { changedItems, emptyOverview, indexOverview, type OverviewIndex } from "./overview-changes.ts";
import { overviewHeading } from "./overview-heading.ts";
import type { OverviewNode } from "./overview-node.ts";
import { overviewNodes } from "./overview-nodes.ts";
import type { ViewStateSource } from "./view-state-source.ts";

/** How often uptimes are brought up to date while the tree is visible. */
const uptimeRefreshMs = 20_000;

/** The overview in the activity bar. Elements are ids, so that what is selected or unfolded stays so. */
export class OverviewTree implements vscode.TreeDataProvider<string>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<string[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #source: ViewStateSource;
  readonly #view: vscode.TreeView<string>;
  readonly #disposables: vscode.Disposable[] = [];
  #shown: OverviewIndex = emptyOverview;
  #ticker: ReturnType<typeof setInterval> | undefined;

  constructor(source: ViewStateSource) {
    this.#source = source;
    this.#shown = this.#current();
    this.#view = vscode.window.createTreeView(overviewViewId, { treeDataProvider: this });
    this.#disposables.push(
      this.#view,
      this.#changed,
      source.onChange(() => this.#refresh()),
      this.#view.onDidChangeVisibility(() => this.#onVisibility()),
    );
    this.#onVisibility();
  }

  getChildren(id?: string): string[] {
    if (id === undefined) return [...this.#shown.roots];
    return this.#shown.nodes.get(id)?.children.map((child) => child.id) ?? [];
  }

  getParent(id: string): string | undefined {
    return this.#shown.parents.get(id);
  }

  getTreeItem(id: string): vscode.TreeItem {
    const node = this.#shown.nodes.get(id);
    // VS Code may ask for an item that has just gone; it asks again for the list right after.
    return node === undefined ? new vscode.TreeItem("") : treeItem(node);
  }

  dispose(): void {
    clearInterval(this.#ticker);
    for (const disposable of this.#disposables.splice(0)) disposable.dispose();
  }

  #current(): OverviewIndex {
    return indexOverview(overviewNodes(this.#source.state, Date.now()));
  }

  #onVisibility(): void {
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    if (!this.#view.visible) return;
    this.#refresh();
    this.#ticker = setInterval(() => this.#refresh(), uptimeRefreshMs);
  }

  #refresh(): void {
    this.#decorate();
    if (!this.#view.visible) return;
    const after = this.#current();
    const changed = changedItems(this.#shown, after);
    this.#shown = after;
    if (changed === "everything") this.#changed.fire(undefined);
    else if (changed.length > 0) this.#changed.fire([...changed]);
  }

  #decorate(): void {
    const { message, description, badge } = overviewHeading(this.#source.state);
    if ((this.#view.message ?? "") !== message) this.#view.message = message;
    if ((this.#view.description ?? "") !== description) this.#view.description = description;
    const shown = this.#view.badge;
    if ((shown?.tooltip ?? "") !== badge.tooltip || (shown?.value ?? 0) !== badge.value) {
      this.#view.badge = badge.value === 0 ? undefined : badge;
    }
  }
}

function treeItem(node: OverviewNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label, collapsibleState(node));
  item.id = node.id;
  item.accessibilityInformation = { label: node.accessibilityLabel };
  if (node.description !== undefined) item.description = node.description;
  if (node.tooltip !== undefined) item.tooltip = node.tooltip;
  if (node.contextValue !== undefined) item.contextValue = node.contextValue;
  if (node.icon !== undefined) {
    const { id, color } = node.icon;
    item.iconPath = new vscode.ThemeIcon(id, color === undefined ? undefined : new vscode.ThemeColor(color));
  }
  if (node.command !== undefined) {
    const { title, command } = node.command;
    item.command = { title, command, arguments: [...node.command.arguments] };
  }
  return item;
}

function collapsibleState(node: OverviewNode): vscode.TreeItemCollapsibleState {
  if (node.children.length === 0) return vscode.TreeItemCollapsibleState.None;
  return node.expanded === true
    ? vscode.TreeItemCollapsibleState.Expanded
    : vscode.TreeItemCollapsibleState.Collapsed;
}
