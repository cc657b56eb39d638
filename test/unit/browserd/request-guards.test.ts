import assert from "node:assert/strict";
import { BearerTokens } from "../../../src/browserd/bearer-tokens.ts";
import { browserEnvironment } from "../../../src/browserd/browser-environment.ts";
import { wrongHeader } from "../../../src/browserd/loopback-guard.ts";

describe("bearer tokens", () => {
  it("accept any token of the set and nothing else", () => {
    const tokens = new BearerTokens();
    assert.equal(tokens.accept("Bearer old"), false);
    tokens.set(["old", "new"]);
    assert.equal(tokens.count, 2);
    for (const header of ["Bearer old", "Bearer new", "bearer new"])
      assert.equal(tokens.accept(header), true, header);
    for (const header of [
      undefined,
      "",
      "old",
      "Bearer",
      "Bearer ",
      "Bearer ol",
      "Bearer oldx",
      "Bearer old new",
      "Basic old",
    ]) {
      assert.equal(tokens.accept(header), false, String(header));
    }
    tokens.set(["new"]);
    assert.equal(tokens.accept("Bearer old"), false);
  });

  it("keep the old set when the new one has an empty token", () => {
    const tokens = new BearerTokens();
    tokens.set(["old"]);
    assert.throws(() => tokens.set(["new", ""]));
    assert.equal(tokens.accept("Bearer old"), true);
  });

  it("let nobody in when there is none", () => {
    const tokens = new BearerTokens();
    tokens.set([]);
    assert.equal(tokens.accept("Bearer "), false);
    assert.equal(tokens.accept(undefined), false);
  });
});

describe("protection against DNS rebinding", () => {
  const port = 4711;
  for (const [host, origin, expected] of [
    ["127.0.0.1:4711", undefined, undefined],
    ["LOCALHOST:4711", undefined, undefined],
    ["[::1]:4711", "http://[::1]:4711", undefined],
    ["localhost:4711", "http://127.0.0.1:4711", undefined],
    [undefined, undefined, "Host"],
    ["", undefined, "Host"],
    ["127.0.0.1", undefined, "Host"],
    ["127.0.0.1:4712", undefined, "Host"],
    ["evil.example:4711", undefined, "Host"],
    ["127.0.0.1.evil.example:4711", undefined, "Host"],
    ["127.0.0.1:4711", "", "Origin"],
    ["127.0.0.1:4711", "null", "Origin"],
    ["127.0.0.1:4711", "http://evil.example", "Origin"],
    ["127.0.0.1:4711", "http://127.0.0.1:9999", "Origin"],
    ["127.0.0.1:4711", "http://127.0.0.1:4711.evil.example", "Origin"],
  ] as const) {
    it(`Host ${host} and Origin ${origin}: ${expected === undefined ? "right" : `wrong ${expected}`}`, () =>
      assert.equal(wrongHeader({ host, origin }, port), expected));
  }
});

describe("environment of the browser", () => {
  it("keeps what a browser needs and drops what belongs to the editor, Electron, Node and us", () => {
    const own = {
      PATH: "/bin",
      HOME: "/home/ann",
      DISPLAY: ":0",
      vscode_pid: "1",
      VSCODE_IPC_HOOK: "x",
      ELECTRON_RUN_AS_NODE: "1",
      NODE_OPTIONS: "x",
      PALYRA_TOKEN: "x",
      MY_NODE_OPTIONS: "kept",
    };
    assert.deepEqual(browserEnvironment(own), {
      PATH: "/bin",
      HOME: "/home/ann",
      DISPLAY: ":0",
      MY_NODE_OPTIONS: "kept",
    });
  });
});
