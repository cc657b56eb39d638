import { createHook } from "node:async_hooks";

/** Frames of our own code that are kept of the place where a timer was set. */
const framesKept = 8;

interface OpenTimer {
  readonly timer: WeakRef<NodeJS.Timeout>;
  readonly place: Error;
}

/** Remembers where each timer of this process is set, until it has run or is cleared. */
export class OpenTimers {
  readonly #open = new Map<number, OpenTimer>();

  constructor() {
    Error.stackTraceLimit = 30;
    createHook({
      init: (id, type, _trigger, resource) => {
        if (type !== "Timeout") return;
        this.#open.set(id, { timer: new WeakRef(resource as NodeJS.Timeout), place: new Error("set") });
      },
      destroy: (id) => {
        this.#open.delete(id);
      },
    }).enable();
  }

  /** What keeps the process alive by a timer: for each its wait and where it was set, in several lines. */
  describe(): string[] {
    return [...this.#open.values()].flatMap(({ timer, place }) => {
      const open = timer.deref();
      if (open?.hasRef() !== true) return [];
      const ms = (open as unknown as { readonly _idleTimeout?: number })._idleTimeout;
      return [`a timer of ${ms ?? "unknown"} ms, set at\n${ownFrames(place)}`];
    });
  }
}

function ownFrames(place: Error): string {
  const frames = (place.stack ?? "").split("\n").slice(1);
  const outside = frames.filter((frame) => !/node:|open-timers/.test(frame));
  return outside.slice(0, framesKept).join("\n");
}
