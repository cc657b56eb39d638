import * as vscode from "vscode";
import type { DisposableLike } from "../supervisor/control-center-options.ts";
import { setupSteps } from "../supervisor/onboarding-progress.ts";
import { contextKeys, setupContextKey } from "./contribution-ids.ts";
import { anyServiceActions } from "./service-actions.ts";
import { phaseOf, setupOf, type ViewState } from "./view-state.ts";
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

function contextValues(state: ViewState): Readonly<Record<string, string | boolean>> {
  const none = { canStart: false, canStop: false, canRetry: state.center.kind === "failed" };
  const actions = state.center.kind === "open" ? anyServiceActions(state.center.snapshot) : none;
  return {
    [contextKeys.phase]: phaseOf(state),
    [contextKeys.canStart]: actions.canStart,
    [contextKeys.canStop]: actions.canStop,
    [contextKeys.canRetry]: actions.canRetry,
    ...gatewayValues(state),
    ...setupValues(state),
  };
}

function gatewayValues({ center }: ViewState): Readonly<Record<string, boolean>> {
  const status = center.kind === "open" ? center.snapshot.gateway?.status : undefined;
  return {
    [contextKeys.hasGateway]: status !== undefined,
    [contextKeys.hasChannels]: (status?.connectors.length ?? 0) > 0,
    [contextKeys.hasWebhooks]: (status?.webhooks?.total ?? 0) > 0,
  };
}

function setupValues(state: ViewState): Readonly<Record<string, boolean>> {
  const steps = setupOf(state)?.steps ?? [];
  const finished = new Set(
    steps.filter(({ state }) => state === "done" || state === "skipped").map(({ id }) => id),
  );
  return Object.fromEntries(setupSteps.map((id) => [setupContextKey(id), finished.has(id)]));
}
