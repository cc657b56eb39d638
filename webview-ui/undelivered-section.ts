import { html, nothing, type TemplateResult } from "lit";
import { undeliveredSentence } from "../src/contracts/route-reasons.ts";
import type { UndeliveredMessage } from "../src/contracts/sidecar-status.ts";
import type { ControlCenterSnapshot } from "../src/contracts/snapshot.ts";
import type { EditorLink } from "./editor-link.ts";
import { icon } from "./icon.ts";
import { moment, placeName } from "./words.ts";

/** Replies that were given up, folded: how many, and on demand which and why. Nothing when there are none. */
export function undelivered(
  { gateway }: ControlCenterSnapshot,
  link: EditorLink,
  now: number,
): TemplateResult | typeof nothing {
  const connectors = gateway?.status.connectors ?? [];
  const count = connectors.reduce((sum, { queue }) => sum + queue.dead_letters, 0);
  if (count === 0) return nothing;
  const newest = gateway?.status.undelivered ?? [];
  const hidden = count - newest.length;
  return html`
    <section aria-labelledby="undelivered-title">
      <h2 id="undelivered-title">Undeliverable replies</h2>
      <details class="folded">
        <summary>${count === 1 ? "1 reply was given up" : `${count} replies were given up`}. Show which, and why</summary>
        <ol class="messages">${newest.map((letter) => html`<li class="message">${item(letter, now)}</li>`)}</ol>
        ${hidden > 0 ? html`<p class="muted">${hidden} older ones are not shown here.</p>` : nothing}
        <div class="actions">
          ${connectors
            .filter(({ queue }) => queue.dead_letters > 0)
            .map(
              ({ connector_id: id }) =>
                html`<vscode-button secondary @click=${() => link.showUndelivered(id)}>Send Again or Let Go: ${id}</vscode-button>`,
            )}
        </div>
      </details>
    </section>
  `;
}

function item(letter: UndeliveredMessage, now: number): TemplateResult {
  return html`
    ${icon("error", "bad")}
    <div class="message-body">
      <div class="message-head">
        <strong>${undeliveredSentence(letter.reason)}</strong>
      </div>
      <div class="message-text">${letter.text}</div>
      <div class="muted">
        For ${placeName(letter.conversation)} through ${letter.connector_id},
        ${letter.attempts === 1 ? "1 attempt" : `${letter.attempts} attempts`},
        <time datetime=${new Date(letter.unix_ms).toISOString()}>${moment(letter.unix_ms, now)}</time>
      </div>
    </div>
  `;
}
