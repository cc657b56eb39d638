import type { InboundMessageEvent } from "../../contracts/connector.ts";
import type { RefusalReason, WaitReason } from "../../contracts/route-reasons.ts";
import type { ConnectorStore } from "../connector-store.ts";
import { coalescingKey, decideCoalescing, maxMergedMessages, mergeEvents } from "./coalesce.ts";
import { decideRoute, type RoutePlan } from "./decide-route.ts";
import { factsOfEvent, type MessageFacts } from "./message-facts.ts";
import type { PairingDesk } from "./pairing/pairing-desk.ts";
import type { RuleSet } from "./rule-set.ts";

/** A message that waits for room is looked at again after this time, in milliseconds. */
const roomRetryMs = 1_000;

/** What is to be done with an event that was taken out of the inbox. */
export type InboundStep =
  | {
      readonly kind: "turn";
      /** The event, or one made of it and those merged with it. */
      readonly event: InboundMessageEvent;
      readonly plan: RoutePlan;
      /** Envelopes of later events that the turn answers too; they are done with it. */
      readonly merged: readonly string[];
      /** To be called once when the turn has ended, however it did. */
      readonly end: () => void;
    }
  /** Answered without the agent. */
  | { readonly kind: "say"; readonly reason: RefusalReason; readonly text: string }
  | { readonly kind: "ignore"; readonly reason: RefusalReason }
  /** Stays in the inbox until then (Unix milliseconds), or until more of its conversation comes. */
  | { readonly kind: "defer"; readonly reason: WaitReason | "coalescing_window"; readonly until: number };

export interface InboundRoutingOptions {
  readonly connectorId: string;
  readonly store: Pick<ConnectorStore, "waitingBehind">;
  readonly rules: () => RuleSet;
  readonly pairing: Pick<PairingDesk, "isPaired" | "offer" | "hint">;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

/** Routes the events of one connector: rules, pairing, room, and messages that become one turn. */
export class InboundRouting {
  readonly #options: InboundRoutingOptions;
  readonly #now: () => number;
  /** Keys whose window is open, with its end. */
  readonly #windows = new Map<string, number>();
  #activeTurns = 0;

  constructor(options: InboundRoutingOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Turns of this connector that may be in work at the same time. */
  get turnLimit(): number {
    const { rules, connectorId } = this.#options;
    return rules().ruleFor(connectorId, { conversation: null, parent: null, guild: null }).concurrency_limit;
  }

  /** Decides about the first unfinished event of a conversation. */
  async next(event: InboundMessageEvent): Promise<InboundStep> {
    const { rules, pairing, connectorId } = this.#options;
    const facts = factsOfEvent(event);
    const isPaired =
      facts.isDirectMessage && facts.sender !== null && (await pairing.isPaired(connectorId, facts.sender));
    const decision = decideRoute(facts, rules(), { isPaired, activeTurns: this.#activeTurns });
    if (decision.kind === "wait") {
      return { kind: "defer", reason: decision.reason, until: this.#now() + roomRetryMs };
    }
    if (decision.kind === "no") {
      const text = await this.#answerToRefusal(facts, decision.reason, decision.pairingCode);
      return text === null
        ? { kind: "ignore", reason: decision.reason }
        : { kind: "say", reason: decision.reason, text };
    }
    // Taken before anything is awaited, so that no two events get the last free place.
    this.#activeTurns += 1;
    try {
      const step = await this.#turn(event, decision.plan);
      if (step.kind !== "turn") this.#activeTurns -= 1;
      return step;
    } catch (thrown) {
      this.#activeTurns -= 1;
      throw thrown;
    }
  }

  async #turn(event: InboundMessageEvent, plan: RoutePlan): Promise<InboundStep> {
    const { store, rules } = this.#options;
    const { inbound_coalescing: policy, max_message_bytes: maxBytes } = rules().router;
    const isOn = policy.enabled && policy.debounce_ms > 0;
    const behind = isOn ? await store.waitingBehind(event.envelope_id, maxMergedMessages) : [];
    const now = this.#now();
    const key = coalescingKey(event);
    const trackedKeys = this.#openWindows(now, key);
    const decision = decideCoalescing([event, ...behind], policy, { now, trackedKeys, maxBytes });
    if (decision.kind === "wait") {
      this.#windows.set(key, decision.until);
      return { kind: "defer", reason: "coalescing_window", until: decision.until };
    }
    this.#windows.delete(key);
    const [, ...others] = decision.events;
    return {
      kind: "turn",
      event: mergeEvents(decision.events).event,
      plan,
      merged: others.map((other) => other.envelope_id),
      end: this.#onceEnded(),
    };
  }

  #onceEnded(): () => void {
    let ended = false;
    return () => {
      if (!ended) this.#activeTurns -= 1;
      ended = true;
    };
  }

  /** Windows that are open, not counting the one of `key`. */
  #openWindows(now: number, key: string): number {
    for (const [other, until] of this.#windows) {
      if (until <= now && other !== key) this.#windows.delete(other);
    }
    return this.#windows.size - (this.#windows.has(key) ? 1 : 0);
  }

  /** What the person is told; null where silence is right. */
  async #answerToRefusal(
    facts: MessageFacts,
    reason: RefusalReason,
    pairingCode: string | null,
  ): Promise<string | null> {
    const { pairing, connectorId } = this.#options;
    if (facts.sender === null) return null;
    if (pairingCode !== null) {
      const { sender, roles, conversation } = facts;
      return (await pairing.offer(connectorId, { sender, roles, conversation }, pairingCode)).answer;
    }
    return reason === "direct_message_pairing_required" ? pairing.hint(connectorId, facts.sender) : null;
  }
}
