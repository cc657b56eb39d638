import * as vscode from "vscode";

/** Read-only documents that are made here and not stored anywhere, each under a name of its own. */
export class TextDocuments implements vscode.Disposable {
  readonly #scheme: string;
  readonly #texts = new Map<string, string>();
  readonly #changes = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration: vscode.Disposable;

  /** @param scheme of the documents' addresses, not used by anybody else */
  constructor(scheme: string) {
    this.#scheme = scheme;
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: this.#changes.event,
      provideTextDocumentContent: (uri) => this.#texts.get(uri.path) ?? "",
    });
  }

  /** Makes or replaces a document and brings it to the front. @param name shown as its title */
  async show(name: string, text: string): Promise<vscode.TextEditor> {
    this.update(name, text);
    const document = await vscode.workspace.openTextDocument(this.#uri(name));
    return await vscode.window.showTextDocument(document, { preview: false });
  }

  /** Replaces the text; whoever has it open sees the new one. */
  update(name: string, text: string): void {
    const uri = this.#uri(name);
    this.#texts.set(uri.path, text);
    this.#changes.fire(uri);
  }

  /** Editors in which a document is visible. */
  editors(name: string): readonly vscode.TextEditor[] {
    const wanted = this.#uri(name).toString();
    return vscode.window.visibleTextEditors.filter(({ document }) => document.uri.toString() === wanted);
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changes.dispose();
    this.#texts.clear();
  }

  #uri(name: string): vscode.Uri {
    return vscode.Uri.from({ scheme: this.#scheme, path: `/${name}` });
  }
}
