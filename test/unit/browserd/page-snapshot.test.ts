import assert from "node:assert/strict";
import { ElementRefs } from "../../../src/browserd/element-refs.ts";
import { type AccessibilityNode, formatTree } from "../../../src/browserd/page-snapshot.ts";
import { ToolError } from "../../../src/browserd/tool-error.ts";

type NodeFacts = Omit<AccessibilityNode, "elementHandle" | "children"> & {
  children?: readonly AccessibilityNode[];
};
let nextId = 0;
const node = (facts: NodeFacts): AccessibilityNode => {
  nextId += 1;
  return { backendNodeId: nextId, loaderId: "doc", elementHandle: () => Promise.resolve(null), ...facts };
};
const page = (...children: readonly AccessibilityNode[]): AccessibilityNode =>
  node({ role: "RootWebArea", children });

describe("text of a snapshot", () => {
  const write = (root: AccessibilityNode, secret = false): readonly string[] => {
    let ref = 0;
    return formatTree(
      root,
      () => {
        ref += 1;
        return `e${ref}`;
      },
      () => secret,
    );
  };

  it("writes role, name, states, reference and value, children indented", () => {
    const tree = page(
      node({ role: "heading", name: "Hi\n  there", level: 2 }),
      node({
        role: "list",
        children: [node({ role: "checkbox", name: 'A "b"', checked: "mixed", disabled: true })],
      }),
      node({ role: "textbox", name: "Name", value: "Ann", required: true, invalid: "true", focused: true }),
      node({ role: "button", name: "Menu", expanded: false, haspopup: "menu", pressed: true }),
    );
    assert.deepEqual(write(tree), [
      `- heading "Hi there" [level=2] [ref=e1]`,
      "- list [ref=e2]",
      `  - checkbox "A \\"b\\"" [checked=mixed] [disabled] [ref=e3]`,
      `- textbox "Name" [focused] [required] [invalid] [ref=e4]: Ann`,
      `- button "Menu" [pressed] [collapsed] [haspopup=menu] [ref=e5]`,
    ]);
  });

  it("leaves out text that only repeats the name above it", () => {
    const tree = page(
      node({
        role: "link",
        name: "Go",
        url: "https://a.example/?token=1",
        children: [node({ role: "StaticText", name: "Go" })],
      }),
      node({ role: "StaticText", name: "Other text" }),
    );
    assert.deepEqual(write(tree), [
      `- link "Go" [ref=e1] [url=https://a.example/?token=redacted]`,
      "- text: Other text",
    ]);
  });

  it("hides secret values and values that look like credentials", () => {
    const tree = page(node({ role: "textbox", name: "A", value: "hunter2" }));
    assert.deepEqual(write(tree, true), [`- textbox "A" [ref=e1]: <hidden>`]);
    const other = page(node({ role: "textbox", name: "A", value: "x?api_key=1" }));
    assert.deepEqual(write(other), [`- textbox "A" [ref=e1]: <redacted>`]);
  });

  it("cannot be made to look like two elements by a name with a line break", () => {
    const tree = page(node({ role: "button", name: 'Ok\n- button "Pay" [ref=e9]' }));
    assert.equal(write(tree).length, 1);
  });
});

describe("element references", () => {
  const element = { role: "button", name: "Go", open: () => Promise.resolve(null) };
  const snapshot = (refs: ElementRefs, ...keys: readonly string[]): readonly string[] => {
    refs.begin();
    const issued = keys.map((key) => refs.issue(key, element));
    refs.commit();
    return issued;
  };
  const code = (refs: ElementRefs, ref: string): string => {
    try {
      refs.resolve(ref);
      return "found";
    } catch (error) {
      assert.ok(error instanceof ToolError);
      return error.code;
    }
  };

  it("stay the same for the same element and are never given twice", () => {
    const refs = new ElementRefs();
    assert.deepEqual(snapshot(refs, "a", "b"), ["e1", "e2"]);
    assert.deepEqual(snapshot(refs, "b", "c"), ["e2", "e3"]);
    assert.deepEqual(snapshot(refs, "a"), ["e4"]);
  });

  it("tell a stale reference from one that never was", () => {
    const refs = new ElementRefs();
    snapshot(refs, "a");
    assert.equal(code(refs, "e1"), "found");
    refs.invalidate();
    assert.equal(code(refs, "e1"), "stale_ref");
    for (const wrong of ["e2", "e0", "e01", "E1", "1", "", "e1 ", "constructor"]) {
      assert.equal(code(refs, wrong), "ref_not_found", wrong);
    }
  });
});
