import type { InboundMessageEvent } from "../contracts/connector.ts";

/** The answer to one message while it is being written. */
export interface RunningTurn {
  /** Aborted when a person stops the turn. */
  readonly signal: AbortSignal;
  /** To be called once when its end is on disk, or it ended otherwise. */
  settle(end: "stopped" | "other"): void;
}

interface Entry {
  readonly event: InboundMessageEvent;
  readonly abort: AbortController;
  readonly settled: Promise<"stopped" | "other">;
}

/** The turns of one connector that are in work, at most one in each conversation. */
export class RunningTurns {
  readonly #byConversation = new Map<string, Entry>();

  begin(event: InboundMessageEvent): RunningTurn {
    const abort = new AbortController();
    let resolve: (end: "stopped" | "other") => void = () => undefined;
    const settled = new Promise<"stopped" | "other">((done) => {
      resolve = done;
    });
    const entry: Entry = { event, abort, settled };
    this.#byConversation.set(event.conversation_id, entry);
    return {
      signal: abort.signal,
      settle: (end) => {
        if (this.#byConversation.get(event.conversation_id) === entry) {
          this.#byConversation.delete(event.conversation_id);
        }
        resolve(end);
      },
    };
  }

  has(conversationId: string): boolean {
    return this.#byConversation.has(conversationId);
  }

  /**
   * Stops the turn of a conversation and waits until that is on disk.
   * @returns the message that was being answered; null when there is none, or its answer was finished meanwhile
   */
  async stop(conversationId: string): Promise<InboundMessageEvent | null> {
    const entry = this.#byConversation.get(conversationId);
    if (entry === undefined) return null;
    entry.abort.abort(new Error("the answer was stopped by a person"));
    return (await entry.settled) === "stopped" ? entry.event : null;
  }
}
