import assert from "node:assert/strict";
import * as vscode from "vscode";
import { EXPECTED_VERSION_VARIABLE } from "./expected-version.ts";

const EXTENSION_ID = "palyra.palyra-control-center";

describe("Inside the extension host", () => {
  it("the tests run in the VS Code that was installed for them", () => {
    assert.equal(vscode.version, process.env[EXPECTED_VERSION_VARIABLE]);
  });

  it("the control center activates by itself after the start", async () => {
    const extension = vscode.extensions.getExtension(EXTENSION_ID);
    assert.ok(extension, `${EXTENSION_ID} is not among the extensions`);
    await extension.activate();
    assert.equal(extension.isActive, true);
  });
});
