import type { OfferOutcome } from "./pairing-decisions.ts";

/**
 * What a person who entered a code is told; null where silence is right: somebody on the deny list must not learn
 * anything.
 */
export function answerToOffer(outcome: OfferOutcome["kind"]): string | null {
  return offerAnswers[outcome];
}

const offerAnswers: Readonly<Record<OfferOutcome["kind"], string | null>> = {
  direct_message_pairing_pending_approval:
    "Thank you. The owner has to confirm now that it is you; I will tell you when that is done.",
  direct_message_pairing_already_active: "You are paired already. Just write what you need.",
  direct_message_pairing_code_invalid:
    "I do not know this code. Codes have 8 letters and digits; check it and write “pair” and the code again.",
  direct_message_pairing_code_expired: "This code has expired. Ask the owner for a new one.",
  direct_message_pairing_disabled: "Pairing is switched off here. Ask the owner if you need it.",
  direct_message_pairing_rate_limited:
    "Those were too many wrong codes. Try again in an hour, or ask the owner for help.",
  sender_denied: null,
};

/** What a stranger is told, once a day. */
export const pairingHint =
  "I answer only people the owner knows. Ask the owner for a pairing code, then write “pair” and the code here.";

/** What a person is told when the owner has decided. */
export const pairingVerdictAnswers = {
  approved: "You are paired now. Write what you need.",
  denied: "The owner did not confirm the pairing.",
} as const;
