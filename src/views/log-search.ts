import * as vscode from "vscode";
import { serviceDisplayNames, serviceKinds } from "../contracts/service-kinds.ts";
import { LogLevel, type LogLine, type ServiceKind } from "../contracts/services.ts";
import { containsText, isWanted, type LogFilter } from "../supervisor/log-filter.ts";
import { logText, rowOf } from "./log-text.ts";
import { TextDocuments } from "./text-documents.ts";

const scheme = "palyra-log";
const documentName = "Palyra Log.log";
/** New lines are shown this long after the first of them, in milliseconds. */
const showAfterMs = 250;
/** Lines shown at most; the oldest go first. */
const shownLimit = 2_000;

/**
 * The log of the services in a read-only document, filtered by service, level and text. It grows while it is
 * open, and follows the end as long as the cursor is there.
 */
export class LogSearch implements vscode.Disposable {
  readonly #documents = new TextDocuments(scheme);
  #filter: LogFilter | null = null;
  #lines: LogLine[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** Lets the user choose a filter and shows what fits. @param recent gives the lines kept so far */
  async ask(recent: () => Promise<readonly LogLine[]>): Promise<void> {
    const services = [
      { label: "All services", service: null },
      ...serviceKinds.map((service) => ({ label: serviceDisplayNames[service], service })),
    ];
    const from = await vscode.window.showQuickPick(services, { title: "Log of", placeHolder: "Service" });
    if (from === undefined) return;
    const levels = LogLevel.options.map((level) => ({ label: level, level }));
    const least = await vscode.window.showQuickPick(levels, {
      title: "Lines of this level and above",
      placeHolder: "Level",
    });
    if (least === undefined) return;
    const text = await vscode.window.showInputBox({
      title: "Lines with this text",
      prompt: "Empty = all lines",
    });
    if (text === undefined) return;
    const matches = containsText(text);
    await this.show({ service: from.service, level: least.level, since: null, matches }, await recent());
  }

  async show(filter: LogFilter, recent: readonly LogLine[]): Promise<void> {
    this.#filter = filter;
    this.#lines = recent.filter((line) => isWanted(line, filter)).slice(-shownLimit);
    const editor = await this.#documents.show(documentName, this.#text());
    toEnd(editor);
  }

  /** Shows the log of a service at a moment. @param moment Unix milliseconds */
  async showAt(service: ServiceKind, moment: number, recent: readonly LogLine[]): Promise<void> {
    const filter: LogFilter = { service, level: "debug", since: null, matches: containsText("") };
    await this.show(filter, recent);
    const found = this.#lines.findIndex(({ unix_ms: time }) => time >= moment);
    if (found === -1) return;
    for (const editor of this.#documents.editors(documentName)) {
      const row = Math.min(rowOf(this.#lines, found), editor.document.lineCount - 1);
      const line = editor.document.lineAt(row);
      editor.selection = new vscode.Selection(line.range.start, line.range.start);
      editor.revealRange(line.range, vscode.TextEditorRevealType.InCenter);
    }
  }

  /** Takes in a new line. */
  append(line: LogLine): void {
    if (this.#filter === null || !isWanted(line, this.#filter)) return;
    this.#lines = [...this.#lines.slice(1 - shownLimit), line];
    this.#timer ??= setTimeout(() => this.#refresh(), showAfterMs);
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#documents.dispose();
  }

  #refresh(): void {
    this.#timer = null;
    const following = this.#documents
      .editors(documentName)
      .filter(({ document, selection }) => selection.active.line >= document.lineCount - 2);
    this.#documents.update(documentName, this.#text());
    if (following.length === 0) return;
    const listener = vscode.workspace.onDidChangeTextDocument(({ document }) => {
      const changed = following.filter((editor) => editor.document === document);
      if (changed.length === 0) return;
      listener.dispose();
      for (const editor of changed) toEnd(editor);
    });
  }

  #text(): string {
    if (this.#lines.length === 0) return "There are no such lines yet. New ones appear here.\n";
    return `${this.#lines.map(logText).join("\n")}\n`;
  }
}

function toEnd(editor: vscode.TextEditor): void {
  const { range } = editor.document.lineAt(editor.document.lineCount - 1);
  editor.selection = new vscode.Selection(range.end, range.end);
  editor.revealRange(range);
}
