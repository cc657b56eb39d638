import { newPairingCode, normalisedCode } from "./pairing-code.ts";
import { lifetime, pairingLimits } from "./pairing-limits.ts";
import type { PairingCode, PairingGrant, PairingState, PendingPairing, SenderMark } from "./pairing-store.ts";

/** What the rules say about pairing with a sender, looked up when it is needed and not before. */
export type PairingStanding = "open" | "disabled" | "denied";

export interface Change<T> {
  readonly state: PairingState;
  readonly result: T;
}

export type MintOutcome =
  | { readonly kind: "minted"; readonly code: PairingCode }
  | { readonly kind: "direct_message_pairing_disabled" }
  | { readonly kind: "too_many_active_codes" };

/** Makes a code that no active or remembered code equals. */
export function mintCode(
  state: PairingState,
  request: {
    readonly standing: PairingStanding;
    readonly issuedBy: string;
    readonly ttlMs: number | null;
    readonly now: number;
    readonly newCode?: () => string;
  },
): Change<MintOutcome> {
  const { now, newCode = newPairingCode } = request;
  const kept = withoutOld(state, now);
  if (request.standing !== "open")
    return { state: kept, result: { kind: "direct_message_pairing_disabled" } };
  if (kept.codes.filter((code) => code.expiresAt > now).length >= pairingLimits.activeCodes) {
    return { state: kept, result: { kind: "too_many_active_codes" } };
  }
  let text = newCode();
  while (kept.codes.some((code) => code.code === text)) text = newCode();
  const code: PairingCode = {
    code: text,
    issuedBy: request.issuedBy,
    createdAt: now,
    expiresAt: now + lifetime("code", request.ttlMs),
  };
  return { state: { ...kept, codes: [...kept.codes, code] }, result: { kind: "minted", code } };
}

export type OfferOutcome =
  | { readonly kind: "direct_message_pairing_pending_approval"; readonly pending: PendingPairing }
  | {
      readonly kind:
        | "direct_message_pairing_already_active"
        | "direct_message_pairing_code_invalid"
        | "direct_message_pairing_code_expired"
        | "direct_message_pairing_disabled"
        | "direct_message_pairing_rate_limited"
        | "sender_denied";
    };

/**
 * A verified sender enters a code. A right one is used up and the sender waits for the owner. After too many wrong
 * ones within an hour no code of that sender counts, so that codes cannot be guessed.
 */
export function offerCode(
  state: PairingState,
  offer: {
    readonly standing: PairingStanding;
    readonly sender: string;
    readonly conversation: string | null;
    readonly typed: string;
    readonly now: number;
    /** How long the owner has to decide (ms); null for the default. */
    readonly pendingTtlMs?: number | null;
  },
): Change<OfferOutcome> {
  const { sender, now } = offer;
  const kept = withoutOld(state, now);
  const refuse = (kind: Exclude<OfferOutcome["kind"], "direct_message_pairing_pending_approval">) =>
    ({ state: kept, result: { kind } }) as const;

  if (offer.standing === "denied") return refuse("sender_denied");
  if (offer.standing === "disabled") return refuse("direct_message_pairing_disabled");
  if (grantOf(kept, sender, now) !== null) return refuse("direct_message_pairing_already_active");
  const waiting = kept.pending.find((pending) => pending.sender === sender);
  if (waiting !== undefined) {
    return { state: kept, result: { kind: "direct_message_pairing_pending_approval", pending: waiting } };
  }
  const failures = kept.failures.filter((mark) => mark.sender === sender).length;
  if (failures >= pairingLimits.failures) return refuse("direct_message_pairing_rate_limited");

  const code = normalisedCode(offer.typed);
  const found = kept.codes.find((candidate) => candidate.code === code);
  if (found === undefined || found.expiresAt <= now) {
    const failed = { ...kept, failures: withMark(kept.failures, { sender, at: now }) };
    const kind =
      found === undefined ? "direct_message_pairing_code_invalid" : "direct_message_pairing_code_expired";
    return { state: failed, result: { kind } };
  }
  const pending: PendingPairing = {
    sender,
    conversation: offer.conversation,
    code: found.code,
    requestedAt: now,
    expiresAt: now + lifetime("pending", offer.pendingTtlMs ?? null),
  };
  return {
    state: {
      ...kept,
      codes: kept.codes.filter((candidate) => candidate !== found),
      pending: [...kept.pending, pending],
      failures: kept.failures.filter((mark) => mark.sender !== sender),
    },
    result: { kind: "direct_message_pairing_pending_approval", pending },
  };
}

export type VerdictOutcome =
  | { readonly kind: "approved"; readonly grant: PairingGrant; readonly pending: PendingPairing }
  | { readonly kind: "denied"; readonly pending: PendingPairing }
  | { readonly kind: "missing_pending" | "pairing_disabled" | "sender_denied" };

/** The owner decides about a sender who waits. */
export function settlePending(
  state: PairingState,
  verdict: {
    readonly standing: PairingStanding;
    readonly sender: string;
    readonly approved: boolean;
    readonly by: string;
    /** Lifetime of the grant (ms); null for the default. */
    readonly ttlMs: number | null;
    readonly now: number;
  },
): Change<VerdictOutcome> {
  const { sender, now } = verdict;
  const kept = withoutOld(state, now);
  const pending = kept.pending.find((candidate) => candidate.sender === sender);
  if (pending === undefined) return { state: kept, result: { kind: "missing_pending" } };
  const settled = { ...kept, pending: kept.pending.filter((candidate) => candidate !== pending) };
  if (!verdict.approved) return { state: settled, result: { kind: "denied", pending } };
  if (verdict.standing === "denied") return { state: settled, result: { kind: "sender_denied" } };
  if (verdict.standing === "disabled") return { state: kept, result: { kind: "pairing_disabled" } };
  const grant: PairingGrant = {
    sender,
    grantedBy: verdict.by,
    grantedAt: now,
    expiresAt: now + lifetime("grant", verdict.ttlMs),
  };
  const others = settled.grants.filter((candidate) => candidate.sender !== sender);
  return {
    state: { ...settled, grants: [...others, grant] },
    result: { kind: "approved", grant, pending },
  };
}

/** Takes a grant, and what the sender waits for, away. The result says whether there was any. */
export function revokePairing(state: PairingState, sender: string, now: number): Change<boolean> {
  const kept = withoutOld(state, now);
  const isOther = (entry: { readonly sender: string }): boolean => entry.sender !== sender;
  const left = { ...kept, grants: kept.grants.filter(isOther), pending: kept.pending.filter(isOther) };
  const had = left.grants.length < kept.grants.length || left.pending.length < kept.pending.length;
  return { state: left, result: had };
}

/** Takes a code back before somebody uses it. The result says whether there was one. */
export function withdrawCode(state: PairingState, typed: string, now: number): Change<boolean> {
  const kept = withoutOld(state, now);
  const code = normalisedCode(typed);
  const codes = kept.codes.filter((candidate) => candidate.code !== code);
  return { state: { ...kept, codes }, result: codes.length < kept.codes.length };
}

/** Whether a stranger should be told now how to get paired; remembers that it was done. */
export function takeHint(state: PairingState, sender: string, now: number): Change<boolean> {
  const kept = withoutOld(state, now);
  if (kept.hints.some((mark) => mark.sender === sender)) return { state: kept, result: false };
  return { state: { ...kept, hints: withMark(kept.hints, { sender, at: now }) }, result: true };
}

/** The grant of a sender that holds at `now`; null when there is none. */
export function grantOf(state: PairingState, sender: string, now: number): PairingGrant | null {
  return state.grants.find((grant) => grant.sender === sender && grant.expiresAt > now) ?? null;
}

/** What is still worth keeping. */
export function withoutOld(state: PairingState, now: number): PairingState {
  const { expiredCodeMemory, failureWindow, hintInterval } = pairingLimits;
  return {
    codes: state.codes.filter((code) => code.expiresAt + expiredCodeMemory > now),
    pending: state.pending.filter((pending) => pending.expiresAt > now),
    grants: state.grants.filter((grant) => grant.expiresAt > now),
    failures: state.failures.filter((mark) => mark.at + failureWindow > now),
    hints: state.hints.filter((mark) => mark.at + hintInterval > now),
  };
}

function withMark(marks: readonly SenderMark[], mark: SenderMark): readonly SenderMark[] {
  return [...marks, mark].slice(-pairingLimits.marks);
}
