/**
 * Functions that run inside a page: puppeteer sends their source text to the browser, so each stands
 * alone and uses nothing of this module. The types name the little of the DOM that they need.
 */

interface PageElement {
  readonly isConnected: boolean;
  readonly tagName: string;
  readonly type?: string;
  readonly autocomplete?: string;
  readonly disabled?: boolean;
  readonly readOnly?: boolean;
  readonly isContentEditable?: boolean;
  readonly ownerDocument: PageDocument;
  getAttribute(name: string): string | null;
  focus(): void;
  select?(): void;
}

interface PageDocument {
  readonly defaultView: {
    getComputedStyle(element: unknown): { getPropertyValue(name: string): string };
  } | null;
  createRange(): { selectNodeContents(node: unknown): void; collapse(toStart: boolean): void };
  getSelection(): { removeAllRanges(): void; addRange(range: unknown): void } | null;
}

/** What kind of field an element is. `secret` fields are never read out. */
export interface FieldKind {
  readonly tag: string;
  readonly connected: boolean;
  readonly typable: boolean;
  readonly enabled: boolean;
  readonly secret: boolean;
}

/** Describes an element as a field. */
export function describeField(node: unknown): FieldKind {
  const element = node as PageElement;
  const tag = element.tagName.toLowerCase();
  const type = (element.type ?? "").toLowerCase();
  const autocomplete = (element.getAttribute("autocomplete") ?? "").toLowerCase();
  const textTypes = [
    "text",
    "search",
    "email",
    "url",
    "tel",
    "password",
    "number",
    "date",
    "time",
    "month",
    "week",
    "datetime-local",
  ];
  const style = element.ownerDocument.defaultView?.getComputedStyle(element);
  const masked = style?.getPropertyValue("-webkit-text-security") ?? "none";
  return {
    tag,
    connected: element.isConnected,
    typable:
      tag === "textarea" ||
      (tag === "input" && textTypes.includes(type)) ||
      element.isContentEditable === true,
    enabled: element.disabled !== true && element.readOnly !== true,
    secret:
      type === "password" ||
      /password|one-time-code|cc-number|cc-csc/.test(autocomplete) ||
      (masked !== "none" && masked !== ""),
  };
}

/** Focuses a field and puts the caret at its end, or selects all of it. */
export function prepareField(node: unknown, selectAll: boolean): void {
  const element = node as PageElement & {
    value?: string;
    setSelectionRange?(start: number, end: number): void;
  };
  element.focus();
  if (element.isContentEditable === true) {
    const range = element.ownerDocument.createRange();
    range.selectNodeContents(element);
    if (!selectAll) range.collapse(false);
    const selection = element.ownerDocument.getSelection();
    selection?.removeAllRanges();
    selection?.addRange(range);
    return;
  }
  if (selectAll) {
    element.select?.();
    return;
  }
  const end = element.value?.length ?? 0;
  try {
    element.setSelectionRange?.(end, end);
  } catch {
    // Fields such as email and number have no selection range; focus() has put the caret somewhere valid.
  }
}
