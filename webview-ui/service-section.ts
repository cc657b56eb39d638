import { html, nothing, type TemplateResult } from "lit";
import type { PanelCommand } from "../src/contracts/panel-link.ts";
import type { ConnectorStatus } from "../src/contracts/sidecar-status.ts";
import type { ControlCenterSnapshot, ServiceView } from "../src/contracts/snapshot.ts";
import type { EditorLink } from "./editor-link.ts";
import { icon } from "./icon.ts";
import { problem } from "./overview-sections.ts";
import { connectorMark, moment, serviceMarks } from "./words.ts";

/** One card per service. */
export function services(snapshot: ControlCenterSnapshot, link: EditorLink): TemplateResult {
  return html`
    <section aria-labelledby="services-title">
      <h2 id="services-title">Processes</h2>
      <div class="cards">${snapshot.services.map((view) => card(view, snapshot, link))}</div>
    </section>
  `;
}

function card(view: ServiceView, snapshot: ControlCenterSnapshot, link: EditorLink): TemplateResult {
  const mark = serviceMarks[view.state];
  const titleId = `service-${view.service}`;
  return html`
    <article class="card" aria-labelledby=${titleId}>
      <div class="card-head">
        ${icon(mark.icon, mark.tone)}
        <h3 id=${titleId}>${view.display_name}</h3>
        <span class="word">${mark.word}</span>
        <div class="tools" role="group" aria-label="Actions of ${view.display_name}">${tools(view, link)}</div>
      </div>
      ${view.problem === null ? nothing : problem(view.problem, view.state === "degraded" ? "attention" : "bad")}
      <dl class="rows">
        ${row("Process", view.pid === null ? "none" : `${view.pid}${view.adopted ? ", found running" : ""}`)}
        ${row("Uptime", view.ready_at_unix_ms === null ? "not running" : html`<palyra-uptime .since=${view.ready_at_unix_ms}></palyra-uptime>`)}
        ${view.usage === null ? nothing : row("Processor", `${view.usage.cpu_percent} % of a core`)}
        ${view.usage === null ? nothing : row("Memory", `${Math.round(view.usage.memory_bytes / 1_000_000)} MB`)}
        ${row("Ports", ports(view))} ${row("Restarts", String(view.restarts))}
        ${view.next_restart_unix_ms === null ? nothing : row("Next start in", html`<palyra-uptime .since=${view.next_restart_unix_ms}></palyra-uptime>`)}
        ${view.last_exit === null ? nothing : row("Last exit", view.last_exit)}
        ${view.service === "browserd" ? browserRow(snapshot) : nothing}
      </dl>
    </article>
  `;
}

function tools(view: ServiceView, link: EditorLink): TemplateResult {
  const idle = view.state === "stopped";
  const retry = view.state === "failed" || view.state === "backoff";
  const runs = !idle && view.state !== "failed" && view.state !== "stopping";
  const tool = (name: string, command: PanelCommand, label: string): TemplateResult => html`
    <vscode-toolbar-button icon=${name} label="${label} ${view.display_name}" title=${label}
      @click=${() => link.run(command, view.service)}></vscode-toolbar-button>
  `;
  return html`
    ${idle ? tool("play", "start", "Start") : nothing} ${retry ? tool("refresh", "retry", "Retry") : nothing}
    ${runs ? tool("debug-restart", "restart", "Restart") : nothing} ${runs ? tool("debug-stop", "stop", "Stop") : nothing}
    ${tool("output", "showLogs", "Show logs of")}
  `;
}

function ports(view: ServiceView): string {
  return view.ports.length === 0
    ? "none"
    : view.ports.map((bound) => `${bound.port} (${bound.name})`).join(", ");
}

function browserRow(snapshot: ControlCenterSnapshot): TemplateResult | typeof nothing {
  const browser = snapshot.browserd?.status.browser;
  if (browser === undefined) return nothing;
  return row("Browser", browser.path ?? (browser.state === "missing" ? "none found" : "not known"));
}

function row(label: string, value: string | TemplateResult): TemplateResult {
  return html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
}

/** The channels people write through. */
export function connectors(
  snapshot: ControlCenterSnapshot,
  link: EditorLink,
  now: number,
): TemplateResult | typeof nothing {
  if (snapshot.gateway === null) return nothing;
  const list = snapshot.gateway.status.connectors;
  return html`
    <section aria-labelledby="connectors-title">
      <h2 id="connectors-title">Connectors</h2>
      ${list.length === 0 ? noConnectors(link) : connectorTable(list, now)}
    </section>
  `;
}

function noConnectors(link: EditorLink): TemplateResult {
  return html`
    <div class="empty">
      ${icon("plug")}
      <p><strong>Nothing is connected.</strong> Store your Discord bot's token, and people can write to it.</p>
      <vscode-button @click=${() => link.run("setDiscordToken")}>Set Discord Token</vscode-button>
    </div>
  `;
}

function connectorTable(list: readonly ConnectorStatus[], now: number): TemplateResult {
  return html`
    <div class="scroll" tabindex="0" role="group" aria-label="Table of connectors">
      <table>
        <thead>
          <tr>
            <th scope="col">Connector</th><th scope="col">State</th><th scope="col" class="figure">Waiting in</th>
            <th scope="col" class="figure">Waiting out</th><th scope="col" class="figure">Undeliverable</th>
            <th scope="col">Last message</th><th scope="col">Last reply</th>
          </tr>
        </thead>
        <tbody>${list.map((connector) => connectorRow(connector, now))}</tbody>
      </table>
    </div>
  `;
}

function connectorRow(connector: ConnectorStatus, now: number): TemplateResult {
  const mark = connectorMark(connector);
  const { queue } = connector;
  const time = (unixMs: number | null): string =>
    unixMs === null ? "none since its start" : moment(unixMs, now);
  return html`
    <tr>
      <th scope="row">${connector.identity === null ? nothing : html`@${connector.identity} `}<span class="muted">${connector.connector_id}</span></th>
      <td><span class="mark">${icon(mark.icon, mark.tone)} ${mark.word}</span>${
        connector.last_error === null || mark.tone === "good"
          ? nothing
          : html`<div class="muted note-line">${connector.last_error.message}</div>`
      }</td>
      <td class="figure">${queue.inbox_pending}</td>
      <td class="figure">${queue.outbox_pending}</td>
      <td class="figure">${queue.dead_letters}</td>
      <td>${time(connector.last_inbound_unix_ms)}</td>
      <td>${time(connector.last_outbound_unix_ms)}</td>
    </tr>
  `;
}
