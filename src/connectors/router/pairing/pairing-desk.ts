import { canonicalRole, canonicalSender, providerOf } from "../canonical-ids.ts";
import type { RuleSet } from "../rule-set.ts";
import { answerToOffer, pairingHint, pairingVerdictAnswers } from "./pairing-answers.ts";
import {
  grantOf,
  type MintOutcome,
  mintCode,
  type OfferOutcome,
  offerCode,
  type PairingStanding,
  revokePairing,
  settlePending,
  takeHint,
  type VerdictOutcome,
  withdrawCode,
  withoutOld,
} from "./pairing-decisions.ts";
import type { PairingCode, PairingGrant, PairingStore, PendingPairing } from "./pairing-store.ts";

export interface PairingDeskOptions {
  readonly store: PairingStore;
  readonly rules: () => RuleSet;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

/** Pairing on one connector, as the owner sees it: what has expired is left out. */
export interface PairingOverview {
  readonly connectorId: string;
  /** By expiry. */
  readonly activeCodes: readonly PairingCode[];
  /** By time of request. */
  readonly pending: readonly PendingPairing[];
  /** By time of approval. */
  readonly paired: readonly PairingGrant[];
}

/** What the owner's word led to, and what the person is to be told where (null: nothing). */
export interface PairingVerdict {
  readonly outcome: VerdictOutcome;
  readonly notice: {
    /** As it is configured, however the owner wrote it. */
    readonly connectorId: string;
    readonly conversation: string;
    readonly text: string;
  } | null;
}

/** Pairing of people for direct messages: codes by the owner, codes back by people, approval by the owner. */
export class PairingDesk {
  readonly #store: PairingStore;
  readonly #rules: () => RuleSet;
  readonly #now: () => number;

  constructor(options: PairingDeskOptions) {
    this.#store = options.store;
    this.#rules = options.rules;
    this.#now = options.now ?? Date.now;
  }

  /** @param ttlMs lifetime of the code, clamped; null for ten minutes */
  mint(connectorId: string, issuedBy: string, ttlMs: number | null = null): Promise<MintOutcome> {
    const id = idOf(connectorId);
    return this.#store.update(id, (state) =>
      mintCode(state, { standing: this.#standing(id, null), issuedBy, ttlMs, now: this.#now() }),
    );
  }

  /**
   * A person entered a code in a direct message. Deny list and rule are asked now, whatever was decided before.
   * @param person `sender` and `roles` from the provider, never from the text
   * @returns the outcome, and what the person is told (null: nothing)
   */
  async offer(
    connectorId: string,
    person: {
      readonly sender: string;
      readonly roles: readonly string[];
      readonly conversation: string | null;
    },
    typed: string,
  ): Promise<{ readonly outcome: OfferOutcome; readonly answer: string | null }> {
    const id = idOf(connectorId);
    const sender = senderOf(id, person.sender);
    const outcome = await this.#store.update(id, (state) =>
      offerCode(state, {
        standing: this.#standing(id, sender, person),
        sender,
        conversation: person.conversation,
        typed,
        now: this.#now(),
      }),
    );
    return { outcome, answer: answerToOffer(outcome.kind) };
  }

  /** The owner lets a waiting person in. @param ttlMs how long, clamped; null for eight hours */
  approve(
    connectorId: string,
    sender: string,
    by: string,
    ttlMs: number | null = null,
  ): Promise<PairingVerdict> {
    return this.#settle(connectorId, sender, { approved: true, by, ttlMs });
  }

  /** The owner turns a waiting person away. */
  deny(connectorId: string, sender: string, by: string): Promise<PairingVerdict> {
    return this.#settle(connectorId, sender, { approved: false, by, ttlMs: null });
  }

  /** Ends a grant, or what a person waits for; false when there was neither. */
  revoke(connectorId: string, sender: string): Promise<boolean> {
    const id = idOf(connectorId);
    return this.#store.update(id, (state) => revokePairing(state, senderOf(id, sender), this.#now()));
  }

  /** Takes a code back; false when there is no such code. */
  withdraw(connectorId: string, code: string): Promise<boolean> {
    return this.#store.update(idOf(connectorId), (state) => withdrawCode(state, code, this.#now()));
  }

  async isPaired(connectorId: string, sender: string): Promise<boolean> {
    const id = idOf(connectorId);
    return grantOf(await this.#store.read(id), senderOf(id, sender), this.#now()) !== null;
  }

  /** What a stranger is told now; null when that was done within the last day. */
  async hint(connectorId: string, sender: string): Promise<string | null> {
    const id = idOf(connectorId);
    const isNew = await this.#store.update(id, (state) => takeHint(state, senderOf(id, sender), this.#now()));
    return isNew ? pairingHint : null;
  }

  /** Connectors with something to show, sorted. @param connectorId only this one, in any case */
  async list(connectorId?: string): Promise<PairingOverview[]> {
    const wanted = connectorId === undefined ? null : idOf(connectorId);
    const ids = (await this.#store.connectors()).filter((id) => wanted === null || id === wanted);
    const overviews = await Promise.all(ids.map((id) => this.#overview(id)));
    return overviews.filter((one) => one.activeCodes.length + one.pending.length + one.paired.length > 0);
  }

  async #overview(id: string): Promise<PairingOverview> {
    const now = this.#now();
    const state = withoutOld(await this.#store.read(id), now);
    return {
      connectorId: id,
      activeCodes: state.codes
        .filter((code) => code.expiresAt > now)
        .sort((a, b) => a.expiresAt - b.expiresAt),
      pending: [...state.pending].sort((a, b) => a.requestedAt - b.requestedAt),
      paired: [...state.grants].sort((a, b) => a.grantedAt - b.grantedAt),
    };
  }

  async #settle(
    connectorId: string,
    rawSender: string,
    verdict: { readonly approved: boolean; readonly by: string; readonly ttlMs: number | null },
  ): Promise<PairingVerdict> {
    const id = idOf(connectorId);
    const sender = senderOf(id, rawSender);
    const outcome = await this.#store.update(id, (state) =>
      settlePending(state, {
        ...verdict,
        sender,
        standing: this.#standing(
          id,
          sender,
          state.pending.find((pending) => pending.sender === sender),
        ),
        now: this.#now(),
      }),
    );
    const isDecided = outcome.kind === "approved" || outcome.kind === "denied";
    const conversation = isDecided ? outcome.pending.conversation : null;
    if (!isDecided || conversation === null) return { outcome, notice: null };
    return { outcome, notice: { connectorId: id, conversation, text: pairingVerdictAnswers[outcome.kind] } };
  }

  /** What the rules for direct messages say now. */
  #standing(
    id: string,
    sender: string | null,
    person: { readonly conversation?: string | null; readonly roles?: readonly string[] } = {},
  ): PairingStanding {
    const rules = this.#rules();
    const rule = rules.ruleFor(id, { conversation: person.conversation ?? null, parent: null, guild: null });
    const roles = (person.roles ?? []).map((role) => canonicalRole(providerOf(id), role));
    const isDenied = [sender, ...roles].some((entry) => entry !== null && rule.denied.has(entry));
    if (isDenied) return "denied";
    const isOpen = rules.router.enabled && rule.enabled && rule.direct_message_policy === "pairing";
    return isOpen ? "open" : "disabled";
  }
}

function idOf(connectorId: string): string {
  return connectorId.trim().toLowerCase();
}

function senderOf(connectorId: string, raw: string): string {
  return canonicalSender(providerOf(connectorId), raw);
}
