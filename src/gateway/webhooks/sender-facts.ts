import { createHash } from "node:crypto";
import type { WebhookSignature } from "../../contracts/webhook.ts";
import type { SignatureClaim } from "./signature/scheme.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What a vendor's document says of itself. */
export interface SenderFacts {
  /** Name of the event, e.g. `push`; null where the document names none. */
  readonly event: string | null;
  /** Where it comes from, e.g. a repository; null where the document names none. */
  readonly source: string | null;
  /** Equal for two requests exactly when they carry the same delivery. */
  readonly deliveryKey: string;
}

/**
 * Reads event, source and delivery key out of a document whose signature is proven.
 * Where the signature covers only the body, the key is made of the body: a captured request under a new id is
 * the same delivery.
 */
export function senderFacts(
  signature: Exclude<WebhookSignature, "envelope">,
  claim: Pick<SignatureClaim, "deliveryId" | "event" | "signatures">,
  body: unknown,
  rawBody: Buffer,
): SenderFacts {
  const fields = fieldsOf(body);
  const id = claim.deliveryId;
  switch (signature) {
    case "github":
      return {
        event: claim.event,
        source: text(fieldsOf(fields.repository).full_name) ?? text(fieldsOf(fields.organization).login),
        deliveryKey: `body:${createHash("sha256").update(rawBody).digest("hex")}`,
      };
    case "gitlab":
      return {
        event: text(fields.object_kind) ?? text(fields.event_name) ?? claim.event,
        source: text(fieldsOf(fields.project).path_with_namespace),
        deliveryKey: `id:${id}`,
      };
    case "slack":
      return {
        event: text(fieldsOf(fields.event).type) ?? text(fields.type),
        source: text(fields.team_id),
        deliveryKey: idOr(fields.event_id, claim),
      };
    case "stripe":
      return {
        event: text(fields.type),
        source: text(fields.account),
        deliveryKey: idOr(fields.id, claim),
      };
    case "standard":
      return { event: text(fields.type), source: text(fields.source), deliveryKey: `id:${id}` };
    case "generic":
      return {
        event: claim.event ?? text(fields.event) ?? text(fields.type),
        source: text(fields.source),
        deliveryKey: `id:${id}`,
      };
  }
}

/** The document's own id, which is signed with it; without one, the signature stands for the request. */
function idOr(id: unknown, claim: Pick<SignatureClaim, "signatures">): string {
  const own = text(id);
  return own === null
    ? `signature:${claim.signatures.map((one) => one.toString("hex")).join(".")}`
    : `id:${own}`;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" && Buffer.byteLength(value) <= 256 ? value : null;
}
