import type { HTTPRequest, Page } from "puppeteer-core";
import type { Deadline } from "./deadline.ts";
import { settlesWithin } from "./settles-within.ts";

/** Event handlers of the page get this long to start a navigation after an action, in milliseconds. */
const reactionMs = 50;

/** Follows the navigation that an action may start, so that the answer shows its outcome. */
export class NavigationWatch {
  readonly #page: Page;
  #started = false;
  #finished: (() => void) | undefined;
  #done: Promise<void> = Promise.resolve();
  /** The network error of a navigation that failed, such as `net::ERR_ABORTED`. */
  failure: string | undefined;

  constructor(page: Page) {
    this.#page = page;
    page.on("request", this.#onRequest);
    page.on("requestfailed", this.#onFailed);
    page.on("load", this.#onLoad);
  }

  /**
   * Waits until a navigation that was started has loaded or failed.
   * @returns false when it was still loading at the deadline
   */
  async settle(deadline: Deadline): Promise<boolean> {
    // A page that navigates right away destroys the context of this evaluation, which also ends the wait.
    const reaction = this.#page.evaluate(`new Promise((done) => setTimeout(done, ${reactionMs}))`);
    await settlesWithin(reaction, Math.min(deadline.remaining(), 10 * reactionMs));
    return this.#started ? settlesWithin(this.#done, deadline.remaining()) : true;
  }

  /** Stops to listen. */
  dispose(): void {
    this.#page.off("request", this.#onRequest);
    this.#page.off("requestfailed", this.#onFailed);
    this.#page.off("load", this.#onLoad);
  }

  readonly #onRequest = (request: HTTPRequest): void => {
    if (!this.#isMain(request) || request.redirectChain().length > 0) return;
    this.#started = true;
    this.failure = undefined;
    this.#done = new Promise((resolve) => {
      this.#finished = resolve;
    });
  };

  readonly #onFailed = (request: HTTPRequest): void => {
    if (!this.#isMain(request)) return;
    this.failure = request.failure()?.errorText ?? "unknown";
    this.#finished?.();
  };

  readonly #onLoad = (): void => this.#finished?.();

  #isMain(request: HTTPRequest): boolean {
    return request.isNavigationRequest() && request.frame() === this.#page.mainFrame();
  }
}
