import { html, LitElement, type TemplateResult } from "lit";

const tickMs = 1_000;

/** `2:03:11` or `3:11`: a duration as a running clock shows it, with days in front where there are any. */
export function clock(milliseconds: number): string {
  const total = Math.max(0, Math.floor(milliseconds / 1_000));
  const days = Math.floor(total / 86_400);
  const hours = Math.floor((total % 86_400) / 3_600);
  const minutes = Math.floor((total % 3_600) / 60);
  const two = (value: number): string => String(value).padStart(2, "0");
  const seconds = two(total % 60);
  if (days > 0) return `${days} d ${two(hours)}:${two(minutes)}:${seconds}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${seconds}` : `${minutes}:${seconds}`;
}

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
