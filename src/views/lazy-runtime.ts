import type * as vscode from "vscode";
import type { SettingsSource } from "./settings-source.ts";
import type { ViewStateSource } from "./view-state-source.ts";
import type { WindowRuntime } from "./window-runtime.ts";

/**
 * Loads what the first moments do not need (supervisor, schemas, panel) when it is first asked for, so that
 * activation does not wait for it.
 */
export class LazyRuntime {
  readonly #load: () => Promise<WindowRuntime>;
  #runtime: Promise<WindowRuntime> | undefined;
  #timer: ReturnType<typeof setImmediate> | undefined;

  constructor(context: vscode.ExtensionContext, source: ViewStateSource, settings: SettingsSource) {
    this.#load = async () => {
      const { WindowRuntime } = await import("./window-runtime.ts");
      const runtime = new WindowRuntime(context, source, settings);
      void runtime.open();
      return runtime;
    };
  }

  /** Loads and opens after the present turn of the event loop. */
  openSoon(): void {
    this.#timer = setImmediate(() => void this.get());
  }

  get(): Promise<WindowRuntime> {
    this.#runtime ??= this.#load();
    return this.#runtime;
  }

  async dispose(): Promise<void> {
    clearImmediate(this.#timer);
    await (await this.#runtime)?.dispose();
  }
}
