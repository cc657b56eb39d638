import type { LogLine } from "../contracts/services.ts";
import { detailsOf, PalyraError } from "../platform/errors.ts";
import type { DisposableLike } from "../supervisor/control-center-options.ts";
import { errorIn } from "../supervisor/next-steps.ts";
import type { ControlCenterPort } from "./control-center-port.ts";
import { withSnapshot } from "./view-state.ts";
import type { ViewStateSource } from "./view-state-source.ts";

export interface ControlCenterHolderOptions {
  readonly source: ViewStateSource;
  /** Opens a control center with the settings of this moment. */
  readonly open: () => Promise<ControlCenterPort>;
  readonly isTrusted: () => boolean;
  readonly onLog: (line: LogLine) => void;
}

/**
 * Keeps this window's control center: opens it, opens it anew, and turns what comes of it into view state.
 * Nothing that goes wrong here is thrown at the editor: it becomes a state that the views explain.
 */
export class ControlCenterHolder {
  readonly #options: ControlCenterHolderOptions;
  #center: ControlCenterPort | null = null;
  #turn: Promise<void> = Promise.resolve();
  #usageShown = false;
  #usage: DisposableLike | null = null;
  #disposed = false;

  constructor(options: ControlCenterHolderOptions) {
    this.#options = options;
  }

  /** Opens the control center, after closing the one that is open. Resolves when the outcome is shown. */
  reopen(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await this.#close();
      if (!this.#disposed) await this.#open();
    });
    return this.#turn;
  }

  /** Closes the control center, does something with its folder, and opens it again, also when that failed. */
  async whileClosed<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(async () => {
      await this.#close();
      try {
        return await work();
      } finally {
        if (!this.#disposed) await this.#open();
      }
    });
    // The caller gets the failure; what comes next does not wait for it.
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return await done;
  }

  /**
   * The control center for a command.
   * @throws `workspace_untrusted`, or why the control center could not be opened
   */
  async current(): Promise<ControlCenterPort> {
    await this.#turn;
    if (this.#center !== null) return this.#center;
    const { center } = this.#options.source.state;
    if (center.kind === "failed") throw PalyraError.fromDetails(center.problem);
    if (center.kind === "untrusted") {
      throw new PalyraError(
        "workspace_untrusted",
        "Palyra does not control services from an untrusted workspace.",
      );
    }
    throw new PalyraError("not_running", "The control center of this window is closed.");
  }

  /** Whether figures of the processes are to be shown: they are measured only then, over every reopening. */
  showUsage(shown: boolean): void {
    if (shown === this.#usageShown) return;
    this.#usageShown = shown;
    this.#watchUsage();
  }

  /** Lets go of the control center. The services live on for their linger time. */
  dispose(): Promise<void> {
    this.#disposed = true;
    this.#turn = this.#turn.then(() => this.#close());
    return this.#turn;
  }

  async #open(): Promise<void> {
    const { source, open, isTrusted, onLog } = this.#options;
    if (!isTrusted()) {
      source.update((state) => ({ ...state, center: { kind: "untrusted" } }));
      return;
    }
    source.update((state) => ({ ...state, center: { kind: "opening" } }));
    try {
      const center = await open();
      this.#center = center;
      center.onLog(onLog);
      center.onSnapshot((snapshot) => {
        if (this.#center === center) source.update((state) => withSnapshot(state, snapshot));
      });
      this.#watchUsage();
      source.update((state) => withSnapshot(state, center.snapshot));
    } catch (thrown) {
      source.update((state) => ({
        ...state,
        center: { kind: "failed", problem: errorIn("editor", detailsOf(thrown)) },
      }));
    }
  }

  #watchUsage(): void {
    this.#usage?.dispose();
    this.#usage = this.#usageShown ? (this.#center?.watchUsage() ?? null) : null;
  }

  async #close(): Promise<void> {
    const center = this.#center;
    this.#center = null;
    this.#watchUsage();
    await center?.dispose();
  }
}
