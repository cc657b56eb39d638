import { html, nothing, type TemplateResult } from "lit";
import type { ErrorDetails } from "../src/contracts/errors.ts";
import type { PanelState } from "../src/contracts/panel-link.ts";
import type { ControlCenterSnapshot, Warning } from "../src/contracts/snapshot.ts";
import type { EditorLink } from "./editor-link.ts";
import { icon } from "./icon.ts";
import { type Mark, overallMarks } from "./words.ts";

/** Head of the page: how the whole is, in a word and a sentence, and what can be done with all of it. */
export function headline(state: PanelState, link: EditorLink): TemplateResult {
  const { mark, reasons } = summary(state);
  return html`
    <header class="headline">
      <div class="status" role="status">
        ${icon(mark.icon, mark.tone)}
        <div>
          <h1>${mark.word}</h1>
          ${
            reasons.length > 1
              ? html`<ul class="causes" aria-label="Causes">${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`
              : html`<p>${reasons[0]}</p>`
          }
        </div>
      </div>
      <div class="actions">${mainActions(state, link)}</div>
    </header>
  `;
}

/** How many causes of a status the head names; the rest is told by the parts below. */
const causesShown = 4;

function summary(state: PanelState): { mark: Mark; reasons: readonly string[] } {
  if (state.snapshot !== null) {
    const { overall_status, overall_reason, overall_causes } = state.snapshot;
    const causes = overall_causes.slice(0, causesShown).map(({ message }) => message);
    const hidden = overall_causes.length - causes.length;
    if (hidden > 0) causes.push(hidden === 1 ? "1 more cause." : `${hidden} more causes.`);
    return { mark: overallMarks[overall_status], reasons: causes.length > 1 ? causes : [overall_reason] };
  }
  if (state.phase === "untrusted") {
    return {
      mark: { word: "Restricted", icon: "shield", tone: "quiet" },
      reasons: [
        "This workspace is not trusted. Palyra does not start or control the gateway here; what runs already goes on.",
      ],
    };
  }
  if (state.problem !== null) {
    return { mark: overallMarks.down, reasons: [`${state.problem.message} ${state.problem.next_step}`] };
  }
  return { mark: overallMarks.starting, reasons: ["Palyra is looking for its services."] };
}

function mainActions(state: PanelState, link: EditorLink): TemplateResult {
  if (state.phase === "untrusted") {
    return html`<vscode-button icon="shield" @click=${() => link.run("manageTrust")}>Manage Workspace Trust</vscode-button>`;
  }
  if (state.phase === "failed") {
    return html`
      <vscode-button icon="refresh" @click=${() => link.run("retry")}>Retry</vscode-button>
      <vscode-button secondary icon="settings-gear" @click=${() => link.run("openSettings")}>Open Settings</vscode-button>
    `;
  }
  const services = state.snapshot?.services ?? [];
  if (services.length === 0) return html`${nothing}`;
  const runs = services.some((view) => view.state !== "stopped" && view.state !== "failed");
  return runs
    ? html`
        <vscode-button secondary icon="debug-restart" @click=${() => link.run("restart")}>Restart</vscode-button>
        <vscode-button secondary icon="debug-stop" @click=${() => link.run("stop")}>Stop</vscode-button>
      `
    : html`<vscode-button icon="play" @click=${() => link.run("start")}>Start</vscode-button>`;
}

/** What needs the user's attention; nothing when nothing does. */
export function warnings(list: readonly Warning[], link: EditorLink): TemplateResult | typeof nothing {
  if (list.length === 0) return nothing;
  return html`
    <section aria-labelledby="warnings-title">
      <h2 id="warnings-title">Needs your attention</h2>
      <ul class="callouts">
        ${list.map((warning) => html`<li>${warningCallout(warning, link)}</li>`)}
      </ul>
    </section>
  `;
}

function warningCallout(warning: Warning, link: EditorLink): TemplateResult {
  const bad = warning.severity === "error";
  return html`
    <div class="callout ${bad ? "bad" : "attention"}">
      ${icon(bad ? "error" : "warning", bad ? "bad" : "attention")}
      <p>
        <span class="visually-hidden">${bad ? "Error:" : "Warning:"}</span>
        <strong>${warning.message}</strong>
        <span class="muted">${warning.next_step}</span>
      </p>
      ${
        warning.remedy === null
          ? nothing
          : html`<vscode-button secondary @click=${() => link.mend(warning.id)}>${warning.remedy.title}</vscode-button>`
      }
    </div>
  `;
}

/** An error inside another part of the page. */
export function problem(details: ErrorDetails, tone: "attention" | "bad"): TemplateResult {
  return html`
    <div class="callout ${tone}">
      ${icon(tone === "bad" ? "error" : "warning", tone)}
      <p><span class="visually-hidden">Problem:</span> <strong>${details.message}</strong> <span class="muted">${details.next_step}</span></p>
    </div>
  `;
}

/** The facts one looks for most. What is not known is said to be so. */
export function quickFacts(snapshot: ControlCenterSnapshot): TemplateResult {
  const facts = snapshot.quick_facts;
  const totals = snapshot.gateway?.status.totals ?? null;
  return html`
    <section aria-labelledby="facts-title">
      <h2 id="facts-title" class="visually-hidden">Quick facts</h2>
      <dl class="tiles">
        ${figure("Messages received", totals?.received ?? null)} ${figure("Answered", totals?.answered ?? null)}
        ${figure("Undeliverable", totals?.dead_letters ?? null)}
        ${tile("Gateway", facts.gateway_url === null ? "not serving" : address(facts.gateway_url))}
        ${tile("Browser", facts.browser_url === null ? "not serving" : address(facts.browser_url))}
      </dl>
      <dl class="details">
        ${detail("Version", facts.version)} ${detail("Profile", facts.profile)}
        ${detail("This window", facts.role === "owner" ? "runs the services" : "looks on; another one runs the services")}
        ${detail("Secrets", facts.secrets_home === "vscode" ? "in VS Code's secret storage" : "in the encrypted file")}
        ${detail("State folder", facts.state_root)}
      </dl>
    </section>
  `;
}

function figure(label: string, value: number | null): TemplateResult {
  return value === null ? tile(label, "not known") : tile(label, value.toLocaleString(), true);
}

function tile(label: string, value: string, large = false): TemplateResult {
  return html`<div class="tile"><dt>${label}</dt><dd class=${large ? "number" : "text"}>${value}</dd></div>`;
}

function detail(label: string, value: string): TemplateResult {
  return html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
}

function address(url: string): string {
  return url.replace(/^https?:\/\//, "").replace(/\/$/, "");
}
