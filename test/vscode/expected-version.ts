/** Tells the tests inside the extension host which version of VS Code was installed for them. */
export const EXPECTED_VERSION_VARIABLE = "PALYRA_TEST_VSCODE_VERSION";
