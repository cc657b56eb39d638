import type { WebhookTestOutcome, WebhookTestResult } from "../../contracts/http-webhooks.ts";
import { signatureOf, type WebhookIntegration, type WebhookReadiness } from "../../contracts/webhook.ts";
import { judgeRequest, type WebhookJudgement, type WebhookRefusal } from "./judge-request.ts";
import { isTooDeep, type SafetyVerdict, scanUntrusted } from "./safety-scan.ts";
import { withoutVendorSecrets } from "./sender-facts.ts";
import { isMalformed } from "./signature/scheme.ts";
import { headerSchemes } from "./signature/schemes.ts";
import { secretFault } from "./webhook-view.ts";

export interface TestedRequest {
  readonly integration: WebhookIntegration;
  readonly rawBody: Buffer;
  /** Names in any case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly secretState: Exclude<WebhookReadiness, "disabled">;
  /** Whether a delivery with this key was received before. */
  readonly isKeyUsed: (deliveryKey: string) => Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const outcomes: Readonly<Record<WebhookRefusal, WebhookTestOutcome>> = {
  payload_too_large: "rejected",
  signature_missing: "signature_missing",
  outside_window: "outside_window",
  signature_invalid: "signature_invalid",
  content_type: "rejected",
  invalid_payload: "invalid_payload",
  event_not_allowed: "rejected",
  source_not_allowed: "rejected",
  safety_blocked: "safety_blocked",
};

/** Leaves the byte order mark out, as the ingress does. */
const utf8 = new TextDecoder();

/** What would become of a request. Really verifies, with the secrets that are in force, and uses nothing up. */
export async function testRequest(tested: TestedRequest): Promise<WebhookTestResult> {
  const { integration, rawBody, secrets, secretState, now } = tested;
  const headers: Readonly<Record<string, string>> = {
    "content-type": "application/json",
    ...Object.fromEntries(Object.entries(tested.headers).map(([name, value]) => [name.toLowerCase(), value])),
  };
  const judgement = judgeRequest({ headers, rawBody }, { integration, secrets, now });
  const document = documentOf(rawBody);
  const content = judgement.kind === "refused" ? judgement.content : judgement;
  const known = content !== undefined && "deliveryKey" in content ? content : null;
  const safety = judgement.kind === "accepted" ? judgement.safety : safetyOf(integration, rawBody, document);
  const isFresh = known === null ? null : !(await tested.isKeyUsed(known.deliveryKey));
  const isReady = secretState === "ready";
  const faults: { readonly outcome: WebhookTestOutcome; readonly message: string }[] = [];
  const add = (outcome: WebhookTestOutcome, message: string): void => {
    faults.push({ outcome, message });
  };
  const { integration_id: id, secret_vault_ref: ref } = integration;
  if (!integration.enabled) add("disabled", "The integration is disabled.");
  if (secretState !== "ready") add("not_ready", secretFault(id, ref, secretState));
  if (judgement.kind === "refused" && (isReady || judgement.refusal !== "signature_invalid")) {
    add(outcomes[judgement.refusal], judgement.message);
  }
  if (judgement.kind === "accepted" && safety.action === "require_approval") {
    const codes = safety.findings.map(({ code }) => code).join(", ");
    add("safety_review_required", `The owner would have to look at it: ${codes}.`);
  }
  if (isFresh === false) add("replayed", "This delivery was received before.");
  return {
    integration_id: id,
    valid: faults.length === 0,
    outcome: faults[0]?.outcome ?? "accepted",
    message: faults.map(({ message }) => message).join(" ") || "Form, signature and policy are fine.",
    payload_bytes: rawBody.length,
    trust_label: "external_untrusted",
    safety_action: safety.action,
    safety_findings: safety.findings.map(({ code, category, riskKind, severity }) => ({
      code,
      category,
      risk_kind: riskKind,
      severity,
    })),
    event: known?.event ?? null,
    source: known?.source ?? null,
    signature_present: signaturePresent(integration, headers, document),
    signature_valid: isReady ? signatureValid(judgement) : "not_checked",
    nonce_fresh: isFresh,
    secret_present: isReady || secretState === "secret_unusable",
  };
}

function signatureValid(judgement: WebhookJudgement): boolean | "not_checked" {
  if (judgement.kind === "challenge") return true;
  if (judgement.kind === "accepted") return judgement.signed ? true : "not_checked";
  if (judgement.refusal === "signature_invalid") return false;
  return judgement.content?.signed === true ? true : "not_checked";
}

function signaturePresent(
  integration: WebhookIntegration,
  headers: Readonly<Record<string, string>>,
  document: unknown,
): boolean {
  const signature = signatureOf(integration);
  if (signature !== "envelope") return !isMalformed(headerSchemes[signature].read(headers));
  const protection = fieldOf(document, "replay_protection");
  return fieldOf(protection, "signature") !== undefined;
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}

/** What is to be said of a document that was not looked through, because it was refused before. */
function safetyOf(integration: WebhookIntegration, rawBody: Buffer, document: unknown): SafetyVerdict {
  if (document === undefined || isTooDeep(document)) return scanUntrusted(rawBody.toString("utf8"));
  return scanUntrusted(withoutVendorSecrets(signatureOf(integration), document));
}

/** Undefined for bytes that are no JSON. */
function documentOf(rawBody: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(rawBody));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
