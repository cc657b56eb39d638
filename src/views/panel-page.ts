/** Addresses and the one-time number that the panel's page is made of. */
export interface PanelPageParts {
  /** Source that VS Code serves the extension's own files from. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly iconsUri: string;
  readonly styleUri: string;
  /** At least 128 random bits, new for each page. */
  readonly nonce: string;
}

/** The page of the panel: nothing but our own script and styles may run or load in it. */
export function panelPage(parts: PanelPageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${parts.nonce}'`,
    `style-src ${parts.cspSource}`,
    `font-src ${parts.cspSource}`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Palyra Control Center</title>
<link rel="stylesheet" id="vscode-codicon-stylesheet" href="${attribute(parts.iconsUri)}">
<link rel="stylesheet" href="${attribute(parts.styleUri)}">
</head>
<body>
<palyra-control-center></palyra-control-center>
<script type="module" nonce="${attribute(parts.nonce)}" src="${attribute(parts.scriptUri)}"></script>
</body>
</html>
`;
}

function attribute(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
}
