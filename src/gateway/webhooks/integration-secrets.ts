import {
  SecretRef,
  signatureOf,
  type WebhookIntegration,
  type WebhookReadiness,
} from "../../contracts/webhook.ts";
import { detailsOf } from "../../platform/errors.ts";
import { standardWebhooksKey } from "../../platform/webhook-signing.ts";

/** Least bytes of a key of Standard Webhooks, and of any other secret: fewer can be guessed. */
const leastBytes = { standard: 16, other: 8 } as const;
/** Secrets that are asked for at the same time. */
const concurrency = 4;
/** A controller that could not hand a secret over is asked again after this time, in milliseconds. */
const askAgainMs = 30_000;
/** Longest wait for a secret that somebody asks about, in milliseconds. */
const probeMs = 5_000;

interface KnownValue {
  readonly kind: "value";
  readonly value: string;
  /** Lengths in bytes, as a key of Standard Webhooks and as it is. */
  readonly bytes: { readonly standard: number; readonly other: number };
}

/** How a secret stands, whether its integration is enabled or not. */
export type SecretState = Exclude<WebhookReadiness, "disabled">;

type Known = KnownValue | { readonly kind: "missing" } | { readonly kind: "unavailable" };

export interface IntegrationSecretsOptions {
  /** Waits while there is nobody to ask. */
  readonly secret: (ref: string, signal: AbortSignal) => Promise<string>;
  /** What is known has changed. */
  readonly changed: () => void;
}

/** The secrets of all integrations, in memory only: checking a signature never waits for a keyring. */
export class IntegrationSecrets {
  readonly #options: IntegrationSecretsOptions;
  readonly #known = new Map<string, Known>();
  readonly #closed = new AbortController();
  #wanted: ReadonlySet<string> = new Set();
  #queue: string[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #asking = 0;
  #again: NodeJS.Timeout | null = null;

  constructor(options: IntegrationSecretsOptions) {
    this.#options = options;
  }

  /** Asks for the secrets that are new, and forgets those that no integration names any more. */
  apply(integrations: Iterable<WebhookIntegration>): void {
    this.#wanted = new Set([...integrations].flatMap((one) => refsOf(one).all));
    for (const ref of this.#known.keys()) if (!this.#wanted.has(ref)) this.#known.delete(ref);
    this.#ask([...this.#wanted].filter((ref) => !this.#known.has(ref)));
  }

  /** @param ref the secret that changed; null when there is somebody new to ask, for what is not known */
  secretChanged(ref: string | null): void {
    const affected = [...this.#wanted].filter((one) =>
      ref === null ? this.#known.get(one)?.kind !== "value" : one === ref,
    );
    this.#ask(affected);
  }

  /** The secrets that an integration's sender may sign with; empty while it is not ready. */
  of(integration: WebhookIntegration): string[] {
    return refsOf(integration).all.flatMap((ref) => {
      const known = this.#known.get(ref);
      return known?.kind === "value" && isUsable(integration, known) ? [known.value] : [];
    });
  }

  /** Whether the integration can take requests. */
  readiness(integration: WebhookIntegration): WebhookReadiness {
    return integration.enabled ? this.secretState(integration) : "disabled";
  }

  /** Whether its secret is there, enabled or not. */
  secretState(integration: WebhookIntegration): SecretState {
    return this.#stateOf(integration, refsOf(integration).current);
  }

  /** The same of the secret that goes out of use; null when none is named. */
  previousSecretState(integration: WebhookIntegration): SecretState | null {
    if (integration.previous_secret_vault_ref === undefined) return null;
    return this.#stateOf(integration, refsOf(integration).previous);
  }

  /** Asks for the secrets of an integration that is not in force yet. @returns how it would stand with it */
  async probe(integration: WebhookIntegration): Promise<SecretState> {
    const { current } = refsOf(integration);
    if (current === null) return "invalid_secret_ref";
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(probeMs)]);
    const known = await this.#fetch(current, signal);
    if (known.kind === "value") return isUsable(integration, known) ? "ready" : "secret_unusable";
    return known.kind === "missing" ? "secret_not_found" : "secret_unavailable";
  }

  /** Resolves when all that is being asked for now was answered, or after a few seconds. */
  async settled(): Promise<void> {
    await Promise.race([Promise.all(this.#inFlight), once(probeMs)]);
  }

  close(): void {
    this.#closed.abort();
    if (this.#again !== null) clearTimeout(this.#again);
    this.#known.clear();
  }

  #stateOf(integration: WebhookIntegration, ref: string | null): SecretState {
    if (ref === null) return "invalid_secret_ref";
    const known = this.#known.get(ref);
    if (known?.kind === "value") return isUsable(integration, known) ? "ready" : "secret_unusable";
    return known?.kind === "missing" ? "secret_not_found" : "secret_unavailable";
  }

  #ask(refs: readonly string[]): void {
    this.#queue.push(...refs.filter((ref) => !this.#queue.includes(ref)));
    while (this.#asking < concurrency) {
      const ref = this.#queue.shift();
      if (ref === undefined) return;
      this.#asking += 1;
      const asking = this.#askOne(ref).finally(() => {
        this.#asking -= 1;
        this.#inFlight.delete(asking);
        this.#ask([]);
      });
      this.#inFlight.add(asking);
    }
  }

  async #askOne(ref: string): Promise<void> {
    const known = await this.#fetch(ref, this.#closed.signal);
    if (this.#closed.signal.aborted || !this.#wanted.has(ref)) return;
    // An old value is better than none while the keyring is locked.
    if (known.kind === "unavailable") this.#askAgainLater();
    if (known.kind !== "unavailable" || this.#known.get(ref)?.kind !== "value") this.#known.set(ref, known);
    this.#options.changed();
  }

  /** What went wrong is told by its kind: the details stand in the log of who was asked. */
  async #fetch(ref: string, signal: AbortSignal): Promise<Known> {
    try {
      const value = await this.#options.secret(ref, signal);
      const bytes = { standard: standardWebhooksKey(value).length, other: Buffer.byteLength(value.trim()) };
      return { kind: "value", value, bytes };
    } catch (thrown) {
      return { kind: detailsOf(thrown).code === "secret_missing" ? "missing" : "unavailable" };
    }
  }

  #askAgainLater(): void {
    if (this.#again !== null) return;
    this.#again = setTimeout(() => {
      this.#again = null;
      this.secretChanged(null);
    }, askAgainMs);
    this.#again.unref();
  }
}

function once(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

interface Refs {
  /** Null when what is written is no reference. */
  readonly current: string | null;
  /** Null when none is written, or what is written is no reference. */
  readonly previous: string | null;
  readonly all: readonly string[];
}

/** References are read once for each integration: every request asks for them. */
const knownRefs = new WeakMap<WebhookIntegration, Refs>();

function refsOf(integration: WebhookIntegration): Refs {
  let refs = knownRefs.get(integration);
  if (refs === undefined) {
    const [current = null, previous = null] = [
      integration.secret_vault_ref,
      integration.previous_secret_vault_ref,
    ].map((written) => SecretRef.safeParse(written).data ?? null);
    refs = { current, previous, all: [current, previous].filter((ref) => ref !== null) };
    knownRefs.set(integration, refs);
  }
  return refs;
}

/** Whether anything but guessing leads to a signature with this secret. */
function isUsable(integration: WebhookIntegration, { bytes }: KnownValue): boolean {
  const kind = signatureOf(integration) === "standard" ? "standard" : "other";
  return bytes[kind] >= leastBytes[kind];
}
