import type { ElementHandle } from "puppeteer-core";
import { ToolError } from "./tool-error.ts";

/** An element of the last snapshot. */
export interface SnapshotElement {
  readonly role: string;
  readonly name: string;
  /** The element in the page; null or a rejection when it is gone. */
  open(): Promise<ElementHandle | null>;
}

/**
 * The references of one session, `e1`, `e2`, ... An element keeps its reference from one snapshot to
 * the next; a number is never given twice, so that an old reference cannot mean another element.
 */
export class ElementRefs {
  #last = 0;
  #keys = new Map<string, string>();
  #elements = new Map<string, SnapshotElement>();
  #nextKeys = new Map<string, string>();
  #nextElements = new Map<string, SnapshotElement>();

  /** Starts to collect the elements of a new snapshot. */
  begin(): void {
    this.#nextKeys = new Map();
    this.#nextElements = new Map();
  }

  /**
   * The reference of an element of the new snapshot.
   * @param key the same for the same element of the same document, and for no other
   */
  issue(key: string, element: SnapshotElement): string {
    let ref = this.#keys.get(key);
    if (ref === undefined) {
      this.#last += 1;
      ref = `e${this.#last}`;
    }
    this.#nextKeys.set(key, ref);
    this.#nextElements.set(ref, element);
    return ref;
  }

  /** Makes the new snapshot the current one: what it does not contain is stale. */
  commit(): void {
    this.#keys = this.#nextKeys;
    this.#elements = this.#nextElements;
  }

  /** Makes all references stale. */
  invalidate(): void {
    this.begin();
    this.commit();
  }

  /** The element of a reference. Throws `ToolError` `stale_ref` or `ref_not_found`. */
  resolve(ref: string): SnapshotElement {
    const element = this.#elements.get(ref);
    if (element !== undefined) return element;
    const number = /^e([1-9]\d{0,8})$/.exec(ref)?.[1];
    throw number !== undefined && Number(number) <= this.#last
      ? new ToolError("stale_ref", `The reference ${ref} belongs to an earlier state of the page.`)
      : new ToolError("ref_not_found", "There is no element with this reference.");
  }
}
