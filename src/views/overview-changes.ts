import type { OverviewNode } from "./overview-node.ts";

/** The nodes of an overview by id, its top level, and each node's parent. */
export interface OverviewIndex {
  readonly roots: readonly string[];
  readonly nodes: ReadonlyMap<string, OverviewNode>;
  readonly parents: ReadonlyMap<string, string>;
}

export const emptyOverview: OverviewIndex = { roots: [], nodes: new Map(), parents: new Map() };

export function indexOverview(roots: readonly OverviewNode[]): OverviewIndex {
  const nodes = new Map<string, OverviewNode>();
  const parents = new Map<string, string>();
  const add = (node: OverviewNode, parent: string | null): void => {
    nodes.set(node.id, node);
    if (parent !== null) parents.set(node.id, parent);
    for (const child of node.children) add(child, node.id);
  };
  for (const root of roots) add(root, null);
  return { roots: roots.map((root) => root.id), nodes, parents };
}

/**
 * What a tree has to draw again: `everything` when its top level changed, else the ids of the nodes whose
 * own text, icon or list of children changed. Empty when both overviews look the same.
 */
export function changedItems(before: OverviewIndex, after: OverviewIndex): "everything" | readonly string[] {
  if (before.roots.join("\n") !== after.roots.join("\n")) return "everything";
  const changed: string[] = [];
  for (const [id, node] of after.nodes) {
    const previous = before.nodes.get(id);
    if (previous !== undefined && appearance(previous) !== appearance(node)) changed.push(id);
  }
  return changed;
}

function appearance(node: OverviewNode): string {
  return JSON.stringify({ ...node, children: node.children.map((child) => child.id) });
}
