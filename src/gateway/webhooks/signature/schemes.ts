import type { WebhookSignature } from "../../../contracts/webhook.ts";
import { generic } from "./generic.ts";
import { github } from "./github.ts";
import { gitlab } from "./gitlab.ts";
import type { SignatureScheme } from "./scheme.ts";
import { slack } from "./slack.ts";
import { standardWebhooks } from "./standard-webhooks.ts";
import { stripe } from "./stripe.ts";

/** Schemes whose signature is in the headers; that of the envelope is in the document (`envelope.ts`). */
export const headerSchemes: Readonly<Record<Exclude<WebhookSignature, "envelope">, SignatureScheme>> = {
  standard: standardWebhooks,
  github,
  gitlab,
  slack,
  stripe,
  generic,
};
