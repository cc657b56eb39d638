import * as vscode from "vscode";
import type { DisposableLike } from "../supervisor/control-center-options.ts";
import { contextValues } from "./context-values.ts";
import type { ViewState } from "./view-state.ts";
import type { ViewStateSource } from "./view-state-source.ts";

/** Keeps the context keys of `when` and `enablement` clauses true to the state. */
export function publishContextKeys(source: ViewStateSource): DisposableLike {
  const published = new Map<string, unknown>();
  const publish = (state: ViewState): void => {
    for (const [key, value] of Object.entries(contextValues(state))) {
      if (published.get(key) === value) continue;
      published.set(key, value);
      void vscode.commands.executeCommand("setContext", key, value);
    }
  };
  publish(source.state);
  return source.onChange(publish);
}
