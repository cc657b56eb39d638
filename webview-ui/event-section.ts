import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { TimelineEvent, TimelineLevel } from "../src/contracts/timeline.ts";
import { type EventFilter, passes, sourceOf } from "./event-filter.ts";
import { icon, type Tone } from "./icon.ts";
import { moment } from "./words.ts";

export interface EventActions {
  choose(filter: EventFilter): void;
  /** Shows an event in the log of its service. */
  show(seq: number): void;
  readonly now: number;
}

const marks: Readonly<
  Record<TimelineLevel, { readonly icon: string; readonly tone: Tone; readonly word: string }>
> = {
  info: { icon: "circle-small", tone: "quiet", word: "Event" },
  warn: { icon: "warning", tone: "attention", word: "Warning" },
  error: { icon: "error", tone: "bad", word: "Problem" },
};

/** What happened lately, newest first. */
export function events(
  all: readonly TimelineEvent[],
  filter: EventFilter,
  actions: EventActions,
): TemplateResult | typeof nothing {
  if (all.length === 0) return nothing;
  const shown = all.filter((event) => passes(event, filter));
  const level = (label: string, value: EventFilter["level"]): TemplateResult => html`<button
    type="button"
    aria-pressed=${filter.level === value ? "true" : "false"}
    @click=${() => actions.choose({ ...filter, level: value })}
  >${label}</button>`;
  const typed = (event: InputEvent): void => {
    if (event.target instanceof HTMLInputElement) actions.choose({ ...filter, text: event.target.value });
  };
  return html`
    <section aria-labelledby="events-title">
      <div class="section-head">
        <h2 id="events-title">Recent events</h2>
        <div class="filter" role="group" aria-label="Events to show">
          <input type="search" placeholder="Filter" aria-label="Words that an event must have" .value=${filter.text} @input=${typed} />
          ${level("All", "all")} ${level("Problems", "problems")}
        </div>
      </div>
      ${
        shown.length === 0
          ? html`<div class="empty">${icon("pass")}<p><strong>No such event</strong> among the last ${all.length}.</p></div>`
          : table(shown, actions)
      }
    </section>
  `;
}

function table(shown: readonly TimelineEvent[], actions: EventActions): TemplateResult {
  return html`
    <div class="events">
      <table>
        <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Where</th></tr></thead>
        <tbody>${repeat(
          shown,
          ({ seq }) => seq,
          (event) => row(event, actions),
        )}</tbody>
      </table>
    </div>
  `;
}

function row(event: TimelineEvent, { show, now }: EventActions): TemplateResult {
  const mark = marks[event.level];
  const details = Object.entries(event.details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${value}`);
  const text = html`${icon(mark.icon, mark.tone)}<span class="visually-hidden">${mark.word}: </span>${event.message}`;
  return html`
    <tr title=${[event.kind, ...details].join("\n")}>
      <td class="muted"><time datetime=${new Date(event.unix_ms).toISOString()}>${moment(event.unix_ms, now)}</time></td>
      <td>${
        event.service === null
          ? text
          : html`<button type="button" class="event-link" title="Show in the log" @click=${() => show(event.seq)}>${text}</button>`
      }</td>
      <td class="muted">${sourceOf(event)}</td>
    </tr>
  `;
}
