import type { SecretChange, SecretChangeResult, SecretResponse } from "../contracts/control-link.ts";
import { messageOf, PalyraError } from "../platform/errors.ts";
import type { Redactor } from "../platform/redactor.ts";
import type { Logger } from "./log/logger.ts";

/** How long one controller has to answer, in milliseconds. A keyring may ask its user first. */
const answerTimeoutMs = 10_000;

interface SecretSource {
  requestSecret(ref: string): Promise<SecretResponse>;
  changeSecret(change: SecretChange): Promise<SecretChangeResult>;
}

/** Gets secrets from the controllers by reference, and makes each value known to the redactor. */
export class SecretClient {
  readonly #sources: () => readonly SecretSource[];
  readonly #redactor: Pick<Redactor, "add">;
  readonly #log: Logger;
  readonly #timeoutMs: number;
  #waiting: (() => void)[] = [];

  /** @param sources the controllers connected now, the preferred one first */
  constructor(options: {
    sources: () => readonly SecretSource[];
    redactor: Pick<Redactor, "add">;
    log: Logger;
    timeoutMs?: number;
  }) {
    this.#sources = options.sources;
    this.#redactor = options.redactor;
    this.#log = options.log;
    this.#timeoutMs = options.timeoutMs ?? answerTimeoutMs;
  }

  /**
   * Value of a secret. Waits while no controller is connected.
   * @throws the error a controller gave (`secret_missing`, ...), or `secret_store_unavailable` when the
   * connected controllers did not answer; the signal's reason when it is aborted while waiting
   */
  async get(ref: string, signal: AbortSignal): Promise<string> {
    for (;;) {
      signal.throwIfAborted();
      const sources = this.#sources();
      if (sources.length === 0) {
        await this.#nextController(signal);
        continue;
      }
      const answer = await this.#askAll(sources, ref);
      if (answer?.found === true) {
        this.#redactor.add(answer.value);
        return answer.value;
      }
      if (answer?.found === false) throw PalyraError.fromDetails(answer.error);
      throw new PalyraError("secret_store_unavailable", `The control center did not hand over “${ref}”.`);
    }
  }

  /**
   * Has a secret kept by a controller, or removed with null.
   * @throws the error the last controller gave (`secrets_elsewhere`, ...); `secret_store_unavailable` when none
   * is connected or none answered
   */
  async change(ref: string, value: string | null): Promise<void> {
    if (value !== null) this.#redactor.add(value);
    let refusal: PalyraError | null = null;
    for (const source of this.#sources()) {
      try {
        const answer = await withTimeout(source.changeSecret({ ref, value }), this.#timeoutMs);
        if (answer.done) return;
        refusal = PalyraError.fromDetails(answer.error);
      } catch (thrown) {
        this.#log.warn("a controller did not keep a secret", { ref, error: messageOf(thrown) });
      }
    }
    throw (
      refusal ??
      new PalyraError("secret_store_unavailable", "There is no control center that could keep the secret.")
    );
  }

  /** Says that a controller has come: those who wait ask it. */
  controllerJoined(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** First found value, else the last definite no, else null when nobody answered. */
  async #askAll(sources: readonly SecretSource[], ref: string): Promise<SecretResponse | null> {
    let refusal: SecretResponse | null = null;
    for (const source of sources) {
      try {
        const answer = await withTimeout(source.requestSecret(ref), this.#timeoutMs);
        if (answer.found) return answer;
        refusal = answer;
      } catch (thrown) {
        this.#log.warn("a controller did not hand over a secret", { ref, error: messageOf(thrown) });
      }
    }
    return refusal;
  }

  #nextController(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((entry) => entry !== wake);
        reject(signal.reason);
      };
      const wake = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(wake);
    });
  }
}

async function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
