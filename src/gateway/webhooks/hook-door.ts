import type { ErrorCode } from "../../contracts/errors.ts";
import type { HookAccepted } from "../../contracts/http-webhooks.ts";
import type { RequestHeaders } from "./signature/scheme.ts";

/** How a request to `/hooks` is answered. */
export type HookAnswer =
  | { readonly kind: "accepted"; readonly body: HookAccepted }
  | { readonly kind: "challenge"; readonly challenge: string }
  | HookRefusal;

export interface HookRefusal {
  readonly kind: "refused";
  readonly code: ErrorCode;
  /** Where it differs from that of the code. */
  readonly status?: number;
  readonly message: string;
  /** What the sender can do, where that differs from the code's. */
  readonly nextStep?: string;
  readonly retryAfterSeconds?: number;
}

/** What the HTTP route asks: first whether it should read the request at all, then what to answer. */
export interface HookDoor {
  /** @returns the most bytes that are to be read, or why nothing is */
  admit(integrationId: string): { readonly kind: "admitted"; readonly maxBytes: number } | HookRefusal;
  /** The body was larger than was admitted. */
  tooLarge(integrationId: string): HookRefusal;
  receive(integrationId: string, headers: RequestHeaders, rawBody: Buffer): Promise<HookAnswer>;
}
