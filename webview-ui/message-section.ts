import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { PanelMemory } from "../src/contracts/panel-link.ts";
import type { RecentMessage } from "../src/contracts/sidecar-status.ts";
import type { ControlCenterSnapshot } from "../src/contracts/snapshot.ts";
import { icon } from "./icon.ts";
import { isProblem, messageMarks, moment, placeName, reasonSentence } from "./words.ts";

type Filter = PanelMemory["messages"];

/** The last messages in both directions, newest first. */
export function messages(
  snapshot: ControlCenterSnapshot,
  filter: Filter,
  choose: (filter: Filter) => void,
  now: number,
): TemplateResult | typeof nothing {
  if (snapshot.gateway === null) return nothing;
  const all = snapshot.gateway.status.recent_messages;
  const shown = filter === "all" ? all : all.filter(isProblem);
  return html`
    <section aria-labelledby="messages-title">
      <div class="section-head">
        <h2 id="messages-title">Last messages</h2>
        <div class="filter" role="group" aria-label="Messages to show">
          ${choice("All", filter === "all", () => choose("all"))}
          ${choice("Problems", filter === "problems", () => choose("problems"))}
        </div>
      </div>
      ${
        shown.length === 0
          ? empty(filter)
          : html`<ol class="messages">${repeat(shown, key, (message) => item(message, now))}</ol>`
      }
    </section>
  `;
}

function choice(label: string, pressed: boolean, choose: () => void): TemplateResult {
  return html`<button type="button" aria-pressed=${pressed ? "true" : "false"} @click=${choose}>${label}</button>`;
}

function empty(filter: Filter): TemplateResult {
  return filter === "problems"
    ? html`<div class="empty">${icon("pass")}<p><strong>No problems</strong> among the last messages.</p></div>`
    : html`<div class="empty">${icon("comment-discussion")}<p><strong>No messages yet.</strong> Write to your bot on Discord: the message and its reply appear here.</p></div>`;
}

function key(message: RecentMessage): string {
  return `${message.direction}:${message.trace_id}:${message.unix_ms}`;
}

function item(message: RecentMessage, now: number): TemplateResult {
  const mark = messageMarks[message.state];
  const inbound = message.direction === "inbound";
  return html`
    <li class="message">
      ${icon(inbound ? "arrow-small-right" : "arrow-small-left")}
      <div class="message-body">
        <div class="message-head">
          <span class="visually-hidden">${inbound ? "From" : "Reply by"}</span>
          <strong>${message.author}</strong>
          <span class="muted">${placeName(message.conversation)}</span>
          <time class="muted" datetime=${new Date(message.unix_ms).toISOString()}>${moment(message.unix_ms, now)}</time>
        </div>
        <div class="message-text">${message.text === "" ? html`<span class="muted">no text</span>` : message.text}</div>
        ${message.reason === null ? nothing : html`<div class="muted">${reasonSentence(message.reason)}</div>`}
      </div>
      <span class="mark">${icon(mark.icon, mark.tone)} ${mark.word}</span>
    </li>
  `;
}
