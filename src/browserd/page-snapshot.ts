import type { ElementHandle, Page } from "puppeteer-core";
import type { ElementRefs } from "./element-refs.ts";
import { describeField } from "./in-page.ts";
import { truncateUtf8 } from "./limits.ts";
import { redactText } from "./redact-text.ts";
import { redactUrl } from "./redact-url.ts";

/** A node of the browser's accessibility tree, as puppeteer gives it. */
export interface AccessibilityNode {
  readonly role: string;
  readonly name?: string;
  readonly value?: string | number;
  readonly description?: string;
  readonly url?: string;
  readonly level?: number;
  readonly checked?: boolean | "mixed";
  readonly pressed?: boolean | "mixed";
  readonly disabled?: boolean;
  readonly expanded?: boolean;
  readonly focused?: boolean;
  readonly readonly?: boolean;
  readonly required?: boolean;
  readonly selected?: boolean;
  readonly invalid?: string;
  readonly haspopup?: string;
  readonly children?: readonly AccessibilityNode[];
  /** Id of the DOM node within its document's process. */
  readonly backendNodeId?: number;
  /** Id of the document. */
  readonly loaderId?: string;
  elementHandle(): Promise<ElementHandle | null>;
}

/** The text of a snapshot. */
export interface SnapshotText {
  readonly text: string;
  readonly elements: number;
  readonly truncated: boolean;
}

const textRoles = new Set(["StaticText", "InlineTextBox", "LineBreak"]);
const valueRoles = new Set(["textbox", "searchbox", "combobox", "spinbutton"]);
const longestName = 500;
const parallelFieldChecks = 16;

/**
 * Reads the accessibility tree of a page with all its frames. Values of password fields are not part
 * of it.
 * @param refs gives each element its reference; the old ones become stale when the snapshot is complete
 * @param maxBytes of the text, UTF-8
 */
export async function takeSnapshot(page: Page, refs: ElementRefs, maxBytes: number): Promise<SnapshotText> {
  const root: AccessibilityNode | null = await page.accessibility.snapshot({ includeIframes: true });
  if (root === null) {
    refs.invalidate();
    return { text: "(the page is empty)", elements: 0, truncated: false };
  }
  const secrets = await secretFields(root);
  refs.begin();
  let elements = 0;
  const lines = formatTree(
    root,
    (node) => {
      elements += 1;
      return refs.issue(`${node.loaderId ?? ""}:${node.backendNodeId ?? ""}`, {
        role: node.role,
        name: node.name ?? "",
        open: () => node.elementHandle(),
      });
    },
    (node) => secrets.has(node),
  );
  refs.commit();
  return { ...keepWithin(lines, maxBytes), elements };
}

/**
 * Writes a tree as one line per node, children indented. Pure, except for the references it asks for.
 * @param isSecret says whether the value of a node must not be shown
 */
export function formatTree(
  root: AccessibilityNode,
  refOf: (node: AccessibilityNode) => string,
  isSecret: (node: AccessibilityNode) => boolean,
): readonly string[] {
  const lines: string[] = [];
  const write = (node: AccessibilityNode, depth: number, parentName: string): void => {
    const name = oneLine(node.name ?? "");
    const indent = "  ".repeat(depth);
    if (textRoles.has(node.role)) {
      if (name !== "" && name !== parentName) lines.push(`${indent}- text: ${name}`);
      return;
    }
    lines.push(`${indent}- ${describe(node, name, refOf, isSecret)}`);
    for (const child of node.children ?? []) write(child, depth + 1, name);
  };
  for (const child of root.children ?? []) write(child, 0, "");
  return lines;
}

function describe(
  node: AccessibilityNode,
  name: string,
  refOf: (node: AccessibilityNode) => string,
  isSecret: (node: AccessibilityNode) => boolean,
): string {
  const document = node.role === "RootWebArea";
  const parts = [document ? "document" : node.role];
  if (name !== "") parts.push(JSON.stringify(name));
  parts.push(...states(node));
  if (!document && node.backendNodeId !== undefined) parts.push(`[ref=${refOf(node)}]`);
  if (node.url !== undefined && (document || node.role === "link"))
    parts.push(`[url=${redactUrl(node.url)}]`);
  const line = parts.join(" ");
  if (node.value === undefined || node.value === "") return line;
  const value = isSecret(node) ? "<hidden>" : redactText(oneLine(String(node.value)));
  return `${line}: ${value}`;
}

function states(node: AccessibilityNode): readonly string[] {
  const flags = ["disabled", "expanded", "focused", "readonly", "required", "selected"] as const;
  return [
    ...(node.level === undefined ? [] : [`[level=${node.level}]`]),
    ...(["checked", "pressed"] as const).flatMap((key) =>
      node[key] === undefined || node[key] === false
        ? []
        : [node[key] === "mixed" ? `[${key}=mixed]` : `[${key}]`],
    ),
    ...flags.filter((flag) => node[flag] === true).map((flag) => `[${flag}]`),
    ...(node.expanded === false ? ["[collapsed]"] : []),
    ...(node.invalid === undefined || node.invalid === "false" ? [] : ["[invalid]"]),
    ...(node.haspopup === undefined || node.haspopup === "false" ? [] : [`[haspopup=${node.haspopup}]`]),
  ];
}

/** Fields with a value that must not be shown. A field that cannot be asked counts as secret. */
async function secretFields(root: AccessibilityNode): Promise<ReadonlySet<AccessibilityNode>> {
  const fields = collect(root, (node) => valueRoles.has(node.role) && node.value !== undefined);
  const secrets = new Set<AccessibilityNode>();
  const next = fields.values();
  const worker = async (): Promise<void> => {
    for (const field of next) if (await isSecretField(field)) secrets.add(field);
  };
  await Promise.all(Array.from({ length: parallelFieldChecks }, worker));
  return secrets;
}

async function isSecretField(node: AccessibilityNode): Promise<boolean> {
  try {
    const handle = await node.elementHandle();
    if (handle === null) return true;
    const kind = await handle.evaluate(describeField);
    await handle.dispose();
    return kind.secret;
  } catch {
    // The field left the page meanwhile: nothing says that its value may be shown.
    return true;
  }
}

function collect(
  node: AccessibilityNode,
  wanted: (node: AccessibilityNode) => boolean,
): readonly AccessibilityNode[] {
  return [
    ...(wanted(node) ? [node] : []),
    ...(node.children ?? []).flatMap((child) => collect(child, wanted)),
  ];
}

function keepWithin(lines: readonly string[], maxBytes: number): { text: string; truncated: boolean } {
  if (lines.length === 0) return { text: "(the page has no content)", truncated: false };
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > maxBytes) break;
    kept.push(line);
  }
  if (kept.length === lines.length) return { text: kept.join("\n"), truncated: false };
  if (kept.length === 0) kept.push(truncateUtf8(lines[0] ?? "", maxBytes).text);
  return { text: kept.join("\n"), truncated: true };
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > longestName ? `${line.slice(0, longestName)}…` : line;
}
