import { html, type TemplateResult } from "lit";

/** A name and its value in a list of facts. */
export function row(label: string, value: string | TemplateResult): TemplateResult {
  return html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
}
