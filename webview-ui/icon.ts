import { html, type TemplateResult } from "lit";

export type Tone = "good" | "busy" | "attention" | "bad" | "quiet";

/** A codicon that only decorates: the words beside it say the same. */
export function icon(name: string, tone: Tone = "quiet"): TemplateResult {
  const spin = name === "sync" ? " codicon-modifier-spin" : "";
  return html`<span class="codicon codicon-${name}${spin} tone-${tone}" aria-hidden="true"></span>`;
}
