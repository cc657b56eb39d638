import { serviceKinds } from "../contracts/service-kinds.ts";
import type { ServiceKind } from "../contracts/services.ts";

/** How often the ages of the tokens are looked at, in milliseconds. */
const checkEveryMs = 3_600_000;
/** A new suspicion within so many milliseconds changes nothing: it is most likely about the same leak. */
export const suspicionPauseMs = 600_000;
const dayMs = 86_400_000;

/**
 * Whether a token is old enough to be replaced. One of unknown age is, and one that claims to be made in the
 * future: its clock was wrong.
 * @param createdAt when it was made, Unix milliseconds; null = unknown
 * @param days age at which it is replaced; 0 = never
 */
export function rotationIsDue(createdAt: number | null, days: number, now: number): boolean {
  if (days === 0) return false;
  return createdAt === null || createdAt > now || now - createdAt >= days * dayMs;
}

export interface TokenRotationOptions {
  /** Age in days at which a token is replaced; 0 = never. Read at each look. */
  days(): number;
  /** When the token of a service was made, Unix milliseconds; null = unknown. */
  createdAt(service: ServiceKind): number | null;
  rotate(service: ServiceKind, reason: string): Promise<void>;
  failed(service: ServiceKind, thrown: unknown): void;
  now(): number;
}

/** Replaces our own tokens when they are old, and when one of them may have become known to others. */
export class TokenRotation {
  readonly #options: TokenRotationOptions;
  readonly #heededAt = new Map<ServiceKind, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: TokenRotationOptions) {
    this.#options = options;
  }

  /** Looks now and then every hour. */
  begin(): void {
    this.#timer = setInterval(() => this.check(), checkEveryMs);
    this.#timer.unref();
    this.check();
  }

  /** Replaces the tokens whose time has come. */
  check(): void {
    const { createdAt, days, now } = this.#options;
    for (const service of serviceKinds) {
      if (rotationIsDue(createdAt(service), days(), now())) this.#rotate(service, `it is ${days()} days old`);
    }
  }

  /**
   * A token may be known to others: it is replaced, unless that just happened.
   * @param reason why, in words that follow “because”
   */
  suspect(service: ServiceKind, reason: string): void {
    const now = this.#options.now();
    const heeded = this.#heededAt.get(service);
    if (heeded !== undefined && now >= heeded && now - heeded < suspicionPauseMs) return;
    this.#heededAt.set(service, now);
    this.#rotate(service, reason);
  }

  dispose(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #rotate(service: ServiceKind, reason: string): void {
    // A failure is told and the next look tries again.
    this.#options.rotate(service, reason).catch((thrown: unknown) => this.#options.failed(service, thrown));
  }
}
