import type {
  SecretChange,
  SecretChangeResult,
  SecretRequest,
  SecretResponse,
  SetTokensRequest,
} from "../contracts/control-link.ts";
import { serviceDisplayNames, serviceKinds } from "../contracts/service-kinds.ts";
import type { ServiceKind } from "../contracts/services.ts";
import type { StateFile } from "../contracts/state-file.ts";
import type { Redactor } from "../platform/redactor.ts";
import type { SecretStore } from "./secret-store.ts";
import { SecretsElsewhere, ServiceSecrets, tokenRefs, tokenStateKeys } from "./service-secrets.ts";
import { SidecarTokens } from "./sidecar-tokens.ts";
import { TokenRotation } from "./token-rotation.ts";

type TokenTimes = StateFile["token_created_unix_ms"];

export interface OwnerSecretsOptions {
  readonly store: SecretStore;
  readonly redactor: Redactor;
  readonly clock: { now(): number };
  /** Age in days at which a token is replaced; 0 = never. */
  rotateDays(): number;
  /** When the tokens were made. */
  tokenTimes(): TokenTimes;
  noteTokenTimes(times: TokenTimes): Promise<void>;
  /** Hands tokens to the running sidecar; false when there is none. */
  sendTokens(service: ServiceKind, request: SetTokensRequest): Promise<boolean>;
  /** Tells the running sidecars that a secret has a new value. */
  tellChanged(ref: string): Promise<void>;
  /** A token was replaced without a command of the user. */
  rotated(service: ServiceKind, message: string): void;
  /** Something failed that nobody waits for. */
  failed(service: ServiceKind, thrown: unknown): void;
}

/** The secrets of a state root in the hands of its owner: stored, handed out, replaced. */
export class OwnerSecrets {
  /** Whether this host can reach them. */
  readonly here: boolean;
  readonly #options: OwnerSecretsOptions;
  readonly #secrets: ServiceSecrets;
  readonly #tokens: SidecarTokens;
  readonly #rotation: TokenRotation;

  constructor(options: OwnerSecretsOptions) {
    const { store, redactor, clock } = options;
    this.#options = options;
    this.here = !(store instanceof SecretsElsewhere);
    this.#secrets = new ServiceSecrets(store, redactor, (service) => this.#noteToken(service));
    this.#tokens = new SidecarTokens(this.#secrets, options.sendTokens);
    this.#rotation = new TokenRotation({
      days: () => options.rotateDays(),
      createdAt: (service) => options.tokenTimes()[tokenStateKeys[service]],
      rotate: (service, reason) => this.#rotateBySelf(service, reason),
      failed: (service, thrown) => options.failed(service, thrown),
      now: () => clock.now(),
    });
  }

  /** Tokens that an old state file held move into the store, unless it has some already. */
  async keepPlainTokens(tokens: Readonly<Partial<Record<ServiceKind, string>>>): Promise<void> {
    for (const service of serviceKinds) {
      const token = tokens[service];
      if (token === undefined) continue;
      try {
        await this.#secrets.adoptToken(service, token);
      } catch (thrown) {
        // Without it a new token is made.
        this.#options.failed(service, thrown);
      }
    }
  }

  /** Begins to look at the ages of the tokens. */
  begin(): void {
    this.#rotation.begin();
  }

  dispose(): void {
    this.#rotation.dispose();
  }

  /** The token a sidecar is started with. */
  async bootToken(service: ServiceKind): Promise<string> {
    return await this.#tokens.forBoot(service);
  }

  /** The token that callers of a running sidecar show. */
  async token(service: ServiceKind): Promise<string> {
    return await this.#secrets.token(service);
  }

  /** A sidecar proved itself: its token may have been replaced without it. */
  connected(service: ServiceKind): void {
    if (!this.here) return;
    this.#tokens.tellNewest(service).catch((thrown: unknown) => this.#options.failed(service, thrown));
  }

  /** A sidecar says that its token may be known to others. */
  suspected(service: ServiceKind, reason: string): void {
    this.#rotation.suspect(service, reason);
  }

  /** Answers a sidecar; never rejects. */
  async answer(service: ServiceKind, request: SecretRequest): Promise<SecretResponse> {
    return await this.#secrets.answer(service, request);
  }

  /** Keeps or removes a secret for a sidecar; never rejects. */
  async change(service: ServiceKind, change: SecretChange): Promise<SecretChangeResult> {
    return await this.#secrets.change(service, change);
  }

  /** Stores what a user gives. @throws `validation_error` */
  async set(ref: string, value: string): Promise<void> {
    await this.#secrets.set(ref, value);
  }

  async delete(ref: string): Promise<void> {
    await this.#secrets.delete(ref);
  }

  /** Replaces the tokens of all services; no request fails over it. */
  async rotateAll(): Promise<void> {
    for (const service of serviceKinds) await this.#rotate(service);
  }

  async #rotate(service: ServiceKind): Promise<void> {
    await this.#tokens.rotate(service);
    await this.#options.tellChanged(tokenRefs[service]);
  }

  /** Without a command of the user. Where the secrets cannot be reached, or are none yet, nothing is replaced. */
  async #rotateBySelf(service: ServiceKind, reason: string): Promise<void> {
    if (!this.here || !(await this.#secrets.hasToken(service))) return;
    await this.#rotate(service);
    this.#options.rotated(service, `The token of ${serviceDisplayNames[service]} is new, because ${reason}.`);
  }

  async #noteToken(service: ServiceKind): Promise<void> {
    const times = { ...this.#options.tokenTimes() };
    times[tokenStateKeys[service]] = this.#options.clock.now();
    await this.#options.noteTokenTimes(times);
  }
}
