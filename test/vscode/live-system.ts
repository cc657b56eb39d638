import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { ServiceKind } from "../../src/contracts/services.ts";
import type { ServiceView } from "../../src/contracts/snapshot.ts";
import type { OverviewNode } from "../../src/views/overview-node.ts";
import type { PalyraApi } from "../../src/views/palyra-api.ts";

const EXTENSION_ID = "palyra.palyra-control-center";
const SETTLE_DEADLINE_MS = 20_000;

/** The extension's API, from the extension that VS Code runs. */
export async function palyra(): Promise<PalyraApi> {
  const extension = vscode.extensions.getExtension<PalyraApi>(EXTENSION_ID);
  assert.ok(extension, `${EXTENSION_ID} is not among the extensions`);
  return extension.activate();
}

/**
 * Waits until a probe of the extension's state gives something, looking again with each change.
 * @throws Error at the deadline, with what the overview shows
 */
export async function eventually<T>(
  api: PalyraApi,
  what: string,
  probe: () => T | undefined | false,
  deadlineMs = SETTLE_DEADLINE_MS,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      subscription.dispose();
      reject(new Error(`gave up waiting for ${what}; the overview shows:\n${outline(api.overview())}`));
    }, deadlineMs);
    const look = (): void => {
      const value = probe();
      if (value === undefined || value === false) return;
      clearTimeout(timer);
      subscription.dispose();
      resolve(value);
    };
    const subscription = api.onDidChange(look);
    look();
  });
}

export function service(api: PalyraApi, kind: ServiceKind): ServiceView | undefined {
  return api.snapshot()?.services.find((view) => view.service === kind);
}

/** A service that works, if only in part: without a browser the browser daemon is degraded. */
export function isUp(view: ServiceView | undefined): view is ServiceView & { pid: number } {
  return (view?.state === "running" || view?.state === "degraded") && view.pid !== null;
}

/** Waits until a service is up and returns it. */
export async function up(api: PalyraApi, kind: ServiceKind, deadlineMs?: number) {
  return eventually(
    api,
    `${kind} to be up`,
    () => {
      const view = service(api, kind);
      return isUp(view) && view;
    },
    deadlineMs,
  );
}

/** The item of the overview with this id, wherever it is. */
export function item(api: PalyraApi, id: string): OverviewNode | undefined {
  const search = (nodes: readonly OverviewNode[]): OverviewNode | undefined => {
    for (const node of nodes) {
      const found = node.id === id ? node : search(node.children);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return search(api.overview());
}

/** Changes a setting as the user would; undefined removes it. */
export async function setSetting(id: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration().update(id, value, vscode.ConfigurationTarget.Global);
}

function outline(nodes: readonly OverviewNode[], indent = ""): string {
  return nodes
    .map(
      (node) =>
        `${indent}${node.label} | ${node.description ?? ""}\n${outline(node.children, `${indent}  `)}`,
    )
    .join("");
}
