import { html, LitElement, type TemplateResult } from "lit";
import { clock } from "./clock.ts";

const tickMs = 1_000;

/** Time since a moment, or until it; it runs only while the page is visible. */
export class Uptime extends LitElement {
  static override properties = { since: { type: Number } };
  /** Milliseconds since 1970. A moment to come is counted down to. */
  declare since: number;
  #ticker: ReturnType<typeof setInterval> | undefined;
  readonly #onVisibility = (): void => this.#run(document.visibilityState === "visible");

  constructor() {
    super();
    this.since = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.#onVisibility);
    this.#onVisibility();
  }

  override disconnectedCallback(): void {
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.#run(false);
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    return html`<span>${clock(Math.abs(Date.now() - this.since))}</span>`;
  }

  #run(visible: boolean): void {
    clearInterval(this.#ticker);
    this.#ticker = visible ? setInterval(() => this.requestUpdate(), tickMs) : undefined;
    if (visible) this.requestUpdate();
  }
}
