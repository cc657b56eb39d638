import "./main.css";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import "@vscode-elements/elements/dist/vscode-toolbar-button/index.js";
import { ControlCenterPage } from "./control-center.ts";
import { type EditorApi, EditorLink } from "./editor-link.ts";
import { Uptime } from "./uptime.ts";

/** Given by VS Code; may be called once. */
declare function acquireVsCodeApi(): EditorApi;

customElements.define("palyra-uptime", Uptime);
customElements.define("palyra-control-center", ControlCenterPage);

const page = document.querySelector("palyra-control-center");
if (page instanceof ControlCenterPage) page.connect(new EditorLink(acquireVsCodeApi()));
