import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { PanelMemory, PanelState } from "../src/contracts/panel-link.ts";
import { approvals } from "./approval-section.ts";
import type { EditorLink } from "./editor-link.ts";
import type { EventFilter } from "./event-filter.ts";
import { events } from "./event-section.ts";
import { messages } from "./message-section.ts";
import { headline, quickFacts, warnings } from "./overview-sections.ts";
import { howItGoes } from "./performance-section.ts";
import { connectors, services } from "./service-section.ts";
import { undelivered } from "./undelivered-section.ts";

/** The whole page. It draws into the document itself, so that one stylesheet and the icons reach it. */
export class ControlCenterPage extends LitElement {
  static override properties = {
    state: { attribute: false },
    filter: { attribute: false },
    eventFilter: { attribute: false },
  };
  declare state: PanelState | null;
  declare filter: PanelMemory["messages"];
  declare eventFilter: EventFilter;
  #link: EditorLink | null = null;

  constructor() {
    super();
    this.state = null;
    this.filter = "all";
    this.eventFilter = { level: "all", text: "" };
  }

  /** Connects the page to the editor; from then on it shows what comes. */
  connect(link: EditorLink): void {
    this.#link = link;
    this.filter = link.memory.messages;
    link.listen(window, (state) => {
      this.state = state;
    });
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult | typeof nothing {
    const link = this.#link;
    if (this.state === null || link === null) return nothing;
    const { snapshot } = this.state;
    const now = Date.now();
    return html`
      <main>
        ${headline(this.state, link)} ${warnings(this.state.warnings, link)}
        ${
          snapshot === null
            ? nothing
            : html`${approvals(snapshot, link, now)} ${quickFacts(snapshot)} ${services(snapshot, link, now)} ${connectors(snapshot, link, now)}
              ${undelivered(snapshot, link, now)} ${howItGoes(snapshot)}
              ${messages(snapshot, this.filter, (filter) => this.#choose(filter), now)}
              ${events(snapshot.recent_events, this.eventFilter, {
                choose: (filter) => {
                  this.eventFilter = filter;
                },
                show: (seq) => link.showEvent(seq),
                now,
              })}`
        }
      </main>
    `;
  }

  #choose(filter: PanelMemory["messages"]): void {
    this.filter = filter;
    if (this.#link !== null) this.#link.memory = { messages: filter };
  }
}
