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
 * Reads event, source and delivery key out of a document whose signature is proven, or not asked for.
 * Where the signature covers only the body, the key is made of the body: a captured request under a new id is
 * the same delivery.
 */
export function senderFacts(
  signature: Exclude<WebhookSignature, "envelope">,
  claim: Pick<SignatureClaim, "deliveryId" | "timestampMs"> & { readonly event: string | null },
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
        deliveryKey: bodyKey(rawBody),
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
        deliveryKey: idOr(fields.event_id, claim, rawBody),
      };
    case "stripe":
      return {
        event: text(fields.type),
        source: text(fields.account),
        deliveryKey: idOr(fields.id, claim, rawBody),
      };
    case "standard":
      return { event: text(fields.type), source: text(fields.source), deliveryKey: `id:${id}` };
    case "generic":
      return {
        event: text(fields.event) ?? text(fields.type) ?? claim.event,
        source: text(fields.source),
        deliveryKey: `id:${id}`,
      };
  }
}

/** A document without what its vendor puts into every one and is nobody's business: it would look like a leak. */
export function withoutVendorSecrets(signature: WebhookSignature, body: unknown): unknown {
  if (signature === "slack" && "token" in fieldsOf(body)) {
    const { token: _, ...others } = fieldsOf(body);
    return others;
  }
  const object = fieldsOf(fieldsOf(fieldsOf(body).data).object);
  if (signature !== "stripe" || !("client_secret" in object)) return body;
  const { client_secret: _, ...others } = object;
  return { ...fieldsOf(body), data: { ...fieldsOf(fieldsOf(body).data), object: others } };
}

/** Key of a delivery that has nothing but its body. */
export function bodyKey(rawBody: Buffer): string {
  return `body:${createHash("sha256").update(rawBody).digest("hex")}`;
}

/**
 * The document's own id, which is signed with it; without one, what was signed stands for the request: the shown
 * header may hold other signatures beside the right one.
 */
function idOr(id: unknown, claim: Pick<SignatureClaim, "timestampMs">, rawBody: Buffer): string {
  const own = text(id);
  if (own !== null) return `id:${own}`;
  return `signed:${createHash("sha256").update(`${claim.timestampMs}.`).update(rawBody).digest("hex")}`;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" && Buffer.byteLength(value) <= 256 ? value : null;
}
