import * as vscode from "vscode";
import { type CheckedSettings, checkSettings, type Settings } from "./settings.ts";
import type { ViewStateSource } from "./view-state-source.ts";

const section = "palyra";

/** The user's settings: checked, kept up to date, their faults shown in the views. */
export class SettingsSource implements vscode.Disposable {
  readonly #source: ViewStateSource;
  readonly #changed = new vscode.EventEmitter<{ readonly before: Settings; readonly after: Settings }>();
  readonly onDidChange = this.#changed.event;
  readonly #subscription: vscode.Disposable;
  #checked: CheckedSettings;

  constructor(source: ViewStateSource) {
    this.#source = source;
    this.#checked = this.#read();
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(section)) return;
      const before = this.#checked.settings;
      this.#checked = this.#read();
      this.#changed.fire({ before, after: this.#checked.settings });
    });
  }

  get settings(): Settings {
    return this.#checked.settings;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  #read(): CheckedSettings {
    const configuration = vscode.workspace.getConfiguration();
    const checked = checkSettings((id) => configuration.get(id));
    this.#source.update((state) => ({ ...state, settingWarnings: checked.warnings }));
    return checked;
  }
}
