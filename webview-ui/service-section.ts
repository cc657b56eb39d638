import { html, nothing, type TemplateResult } from "lit";
import type { PanelCommand } from "../src/contracts/panel-link.ts";
import type { ConnectorStatus } from "../src/contracts/sidecar-status.ts";
import type { ControlCenterSnapshot, ServiceView } from "../src/contracts/snapshot.ts";
import type { EditorLink } from "./editor-link.ts";
import { icon } from "./icon.ts";
import { problem } from "./overview-sections.ts";
import { row } from "./row.ts";
import { connectorMark, moment, serviceMarks } from "./words.ts";

/** One card per service. */
export function services(snapshot: ControlCenterSnapshot, link: EditorLink, now: number): TemplateResult {
  return html`
    <section aria-labelledby="services-title">
      <h2 id="services-title">Processes</h2>
      <div class="cards">${snapshot.services.map((view) => card(view, snapshot, link, now))}</div>
    </section>
  `;
}

function card(
  view: ServiceView,
  snapshot: ControlCenterSnapshot,
  link: EditorLink,
  now: number,
): TemplateResult {
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
        ${row("Ports", ports(view))} ${row("Restarts", view.restarts === 0 ? "none" : String(view.restarts))}
        ${crashes(view, now)}
        ${view.next_restart_unix_ms === null ? nothing : row("Next start in", html`<palyra-uptime .since=${view.next_restart_unix_ms}></palyra-uptime>`)}
        ${view.last_exit === null ? nothing : row("Last exit", view.last_exit)}
        ${view.version === null ? nothing : row("Version", view.version)} ${ageRow(view, snapshot, now)}
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

/** How often it ended unexpectedly, and on demand when and why. */
function crashes(view: ServiceView, now: number): TemplateResult | typeof nothing {
  const ends = view.recent_crashes.toReversed();
  if (ends.length === 0) return nothing;
  return row(
    "Crashes",
    html`
      <details>
        <summary>${ends.length}, see when and why</summary>
        <ul>
          ${ends.map(({ unix_ms, reason }) => html`<li><span class="muted">${moment(unix_ms, now)}</span> ${reason}</li>`)}
        </ul>
      </details>
    `,
  );
}

/** How old what is shown of a service is: said where it is not what the process tells now. */
function ageRow(
  view: ServiceView,
  { sources }: ControlCenterSnapshot,
  now: number,
): TemplateResult | typeof nothing {
  const known = sources.find(({ source }) => source === view.service);
  if (known === undefined || known.received_at_unix_ms === null) return nothing;
  const time = moment(known.received_at_unix_ms, now);
  return row(
    "Data",
    known.state === "live"
      ? `up to date, last change at ${time}`
      : html`<strong>out of date</strong>, of ${time}`,
  );
}

/** Which browser it drives; where none was found, on demand where it was looked for. */
function browserRow(snapshot: ControlCenterSnapshot): TemplateResult | typeof nothing {
  const browser = snapshot.browserd?.status.browser;
  if (browser === undefined) return nothing;
  if (browser.path !== null || browser.state !== "missing" || browser.searched.length === 0) {
    return row("Browser", browser.path ?? (browser.state === "missing" ? "none found" : "not known"));
  }
  return row(
    "Browser",
    html`
      <details>
        <summary>none found, see where it was looked for</summary>
        <ul>${browser.searched.map((place) => html`<li>${place}</li>`)}</ul>
      </details>
    `,
  );
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
      <p><strong>Nothing is connected.</strong> Connect a Discord bot, and people can write to it.</p>
      <vscode-button @click=${() => link.run("connectDiscord")}>Connect Discord</vscode-button>
    </div>
  `;
}

function connectorTable(list: readonly ConnectorStatus[], now: number): TemplateResult {
  return html`
    <div class="scroll" tabindex="0" role="group" aria-label="Table of connectors">
      <table class="connectors">
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
      <th scope="row" class="connector-name">
        ${connector.identity === null ? nothing : html`<div>@${connector.identity}</div>`}
        <div class="muted">${connector.connector_id}</div>
      </th>
      <td><span class="mark">${icon(mark.icon, mark.tone)} ${mark.word}</span>${
        connector.last_error === null || mark.tone === "good"
          ? nothing
          : html`<div class="muted note-line">${connector.last_error.message}</div>`
      }</td>
      <td class="figure" data-label="Waiting in">${queue.inbox_pending}</td>
      <td class="figure" data-label="Waiting out">${queue.outbox_pending}</td>
      <td class="figure" data-label="Undeliverable">${queue.dead_letters}</td>
      <td data-label="Last message">${time(connector.last_inbound_unix_ms)}</td>
      <td data-label="Last reply">${time(connector.last_outbound_unix_ms)}</td>
    </tr>
  `;
}
