import { html, nothing, type TemplateResult } from "lit";
import type { PendingApproval } from "../src/contracts/approvals.ts";
import type { ControlCenterSnapshot } from "../src/contracts/snapshot.ts";
import type { EditorLink } from "./editor-link.ts";
import { icon } from "./icon.ts";
import { moment } from "./words.ts";

/** Risky actions that wait for the user's word; nothing when none does. */
export function approvals(
  snapshot: ControlCenterSnapshot,
  link: EditorLink,
  now: number,
): TemplateResult | typeof nothing {
  const waiting = snapshot.gateway?.status.approvals;
  if (waiting === undefined || waiting.count === 0) return nothing;
  const hidden = waiting.count - waiting.first.length;
  return html`
    <section aria-labelledby="approvals-title">
      <h2 id="approvals-title">Waits for your decision</h2>
      <ul class="callouts">
        ${waiting.first.map((approval) => html`<li>${approvalCallout(approval, link, now)}</li>`)}
      </ul>
      ${hidden > 0 ? html`<p class="muted">${hidden} more wait behind these.</p>` : nothing}
    </section>
  `;
}

function approvalCallout(approval: PendingApproval, link: EditorLink, now: number): TemplateResult {
  const {
    approval_id: id,
    sentence,
    risk,
    requested_by,
    requested_at_unix_ms,
    expires_at_unix_ms,
  } = approval;
  const bad = risk === "high" || risk === "critical";
  return html`
    <div class="callout ${bad ? "bad" : "attention"}">
      ${icon("question", bad ? "bad" : "attention")}
      <p>
        <strong>${sentence}</strong>
        <span class="muted">${capital(risk)} risk. Asked by ${requested_by} at ${moment(requested_at_unix_ms, now)}, open until ${moment(expires_at_unix_ms, now)}.</span>
      </p>
      <vscode-button aria-label="Allow once: ${sentence}" @click=${() => link.decide(id, "allow")}>Allow Once</vscode-button>
      <vscode-button secondary aria-label="Deny: ${sentence}" @click=${() => link.decide(id, "deny")}>Deny</vscode-button>
    </div>
  `;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
