import type { DisposableLike } from "../supervisor/control-center-options.ts";
import { initialViewState, type ViewState } from "./view-state.ts";

/** Holds what the views show and tells them when it changes. */
export class ViewStateSource {
  #state: ViewState = initialViewState;
  readonly #listeners = new Set<(state: ViewState, before: ViewState) => void>();

  get state(): ViewState {
    return this.#state;
  }

  /** Changes the state and tells every listener. A state that is the very same object is no change. */
  update(change: (state: ViewState) => ViewState): void {
    const before = this.#state;
    const after = change(before);
    if (after === before) return;
    this.#state = after;
    for (const listener of [...this.#listeners]) listener(after, before);
  }

  onChange(listener: (state: ViewState, before: ViewState) => void): DisposableLike {
    this.#listeners.add(listener);
    return {
      dispose: () => {
        this.#listeners.delete(listener);
      },
    };
  }
}
