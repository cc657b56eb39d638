import assert from "node:assert/strict";
import { PanelRequest, type PanelState } from "../../../src/contracts/panel-link.ts";
import { panelState } from "../../../src/views/panel-state.ts";
import { clock } from "../../../webview-ui/clock.ts";
import { type EditorApi, EditorLink } from "../../../webview-ui/editor-link.ts";
import { opened } from "./sample-snapshot.ts";

class FakeEditor implements EditorApi {
  readonly sent: unknown[] = [];
  kept: unknown;

  postMessage(message: unknown): void {
    this.sent.push(message);
  }

  getState(): unknown {
    return this.kept;
  }

  setState(state: unknown): void {
    this.kept = state;
  }
}

function connected(): {
  editor: FakeEditor;
  link: EditorLink;
  states: PanelState[];
  deliver: (data: unknown) => void;
} {
  const editor = new FakeEditor();
  const link = new EditorLink(editor);
  const states: PanelState[] = [];
  let listener: (event: { data: unknown }) => void = () => undefined;
  const target = {
    addEventListener: (_type: string, added: (event: { data: unknown }) => void) => {
      listener = added;
    },
  };
  link.listen(target, (state) => states.push(state));
  return { editor, link, states, deliver: (data) => listener({ data }) };
}

const update = (revision: number) => ({ type: "state", revision, state: panelState(opened()) });

describe("The panel's page and the editor", () => {
  it("begin with the page saying that it is ready", () => {
    assert.deepEqual(connected().editor.sent, [{ type: "ready" }]);
  });

  it("drop what is older than what is shown", () => {
    const { states, deliver } = connected();
    deliver(update(2));
    deliver(update(1));
    deliver(update(2));
    deliver(update(3));
    assert.equal(states.length, 2);
  });

  it("leave alone what is no update", () => {
    const { states, deliver } = connected();
    for (const data of [
      null,
      "x",
      { type: "state" },
      { ...update(1), state: { phase: "open" } },
      { ...update(1), revision: -1 },
    ]) {
      deliver(data);
    }
    assert.deepEqual(states, []);
  });

  it("exchange only requests that the contract allows", () => {
    const { editor, link } = connected();
    link.run("start");
    link.run("stop", "gateway");
    link.mend("a");
    link.decide("A1", "deny");
    for (const message of editor.sent) PanelRequest.parse(message);
    assert.equal(editor.sent.length, 5);
    assert.deepEqual(editor.sent.at(-1), { type: "decide", approval_id: "A1", verdict: "deny" });
    assert.throws(() => link.run("quit" as "start"));
    assert.throws(() => link.decide("A1", "always" as "allow"));
  });

  it("keep the choice of messages over a reload, and the default when nothing can be read", () => {
    const editor = new FakeEditor();
    editor.kept = { messages: "loud" };
    assert.deepEqual(new EditorLink(editor).memory, { messages: "all" });
    new EditorLink(editor).memory = { messages: "problems" };
    assert.deepEqual(new EditorLink(editor).memory, { messages: "problems" });
  });
});

describe("The clock of an uptime", () => {
  it("shows seconds, minutes, hours and days as they come", () => {
    assert.equal(clock(0), "0:00");
    assert.equal(clock(61_000), "1:01");
    assert.equal(clock(7_391_000), "2:03:11");
    assert.equal(clock(90_061_000), "1 d 01:01:01");
    assert.equal(clock(-5), "0:00");
  });
});
