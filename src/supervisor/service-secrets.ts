import { randomBytes } from "node:crypto";
import type {
  SecretChange,
  SecretChangeResult,
  SecretRequest,
  SecretResponse,
  SetTokensRequest,
} from "../contracts/control-link.ts";
import { errorCatalogue } from "../contracts/error-catalogue.ts";
import { discordTokenRef } from "../contracts/gateway-config.ts";
import type { ServiceKind } from "../contracts/services.ts";
import { detailsOf, PalyraError } from "../platform/errors.ts";
import type { Redactor } from "../platform/redactor.ts";
import type { SecretStore } from "./secret-store.ts";
import { isDiscordTokenRef, requireUsersOwn, settableSecret } from "./settable-secret.ts";

/** References of our own two tokens. */
export const tokenRefs: Readonly<Record<ServiceKind, string>> = {
  gateway: "palyra/admin_token",
  browserd: "palyra/browser_token",
};

/** How the state file names the tokens. */
export const tokenStateKeys = { gateway: "admin", browserd: "browser" } as const;

/** The secrets of the sidecars: makes their tokens, answers their questions, tells the redactor. */
export class ServiceSecrets {
  readonly #store: SecretStore;
  readonly #redactor: Redactor;
  readonly #tokenMade: (service: ServiceKind) => Promise<void>;
  /** The last use of each service's token; the next one waits for it. */
  readonly #turns = new Map<ServiceKind, Promise<unknown>>();

  /** @param tokenMade called after a token was made, to note when */
  constructor(store: SecretStore, redactor: Redactor, tokenMade: (service: ServiceKind) => Promise<void>) {
    this.#store = store;
    this.#redactor = redactor;
    this.#tokenMade = tokenMade;
  }

  /** The token of a service, made now when there is none. */
  async token(service: ServiceKind): Promise<string> {
    return await this.withToken(service, async (token) => token);
  }

  /**
   * Calls `use` with the token of a service, made now when there is none. Until it is done nobody else makes
   * or replaces the token.
   * @returns what `use` returns
   */
  async withToken<T>(service: ServiceKind, use: (token: string) => Promise<T>): Promise<T> {
    const before = this.#turns.get(service) ?? Promise.resolve();
    const turn = before.then(async () =>
      use((await this.#read(tokenRefs[service])) ?? (await this.#make(service))),
    );
    // Who called hears of a failure; the next in line has its own try.
    this.#turns.set(
      service,
      turn.catch(() => undefined),
    );
    return await turn;
  }

  /** Whether a service has a token yet. */
  async hasToken(service: ServiceKind): Promise<boolean> {
    return (await this.#read(tokenRefs[service])) !== undefined;
  }

  /**
   * Replaces a service's token so that no request is ever refused: its sidecar accepts the new one before
   * anybody can read it, and the old one for a short time after. Rotations of one token follow each other.
   * @param tell hands tokens to the running sidecar, if there is one
   * @returns the new token
   */
  async rotate(service: ServiceKind, tell: (tokens: SetTokensRequest) => Promise<unknown>): Promise<string> {
    return await this.withToken(service, (old) => this.#replace(service, old, tell));
  }

  async #replace(
    service: ServiceKind,
    old: string,
    tell: (tokens: SetTokensRequest) => Promise<unknown>,
  ): Promise<string> {
    const token = newToken();
    this.#redactor.add(token);
    await tell({ tokens: [old, token], expiring: [] });
    try {
      await this.#store.set(tokenRefs[service], token);
    } catch (thrown) {
      await tell({ tokens: [old], expiring: [] });
      throw thrown;
    }
    await this.#tokenMade(service);
    await tell({ tokens: [token], expiring: [old] });
    return token;
  }

  /** Takes over a token that was kept elsewhere, unless there is one or it is too short to be one. */
  async adoptToken(service: ServiceKind, token: string): Promise<void> {
    this.#redactor.add(token);
    const ref = tokenRefs[service];
    if (token.length < 32 || (await this.#read(ref)) !== undefined) return;
    await this.#put(ref, token);
  }

  /** Stores what a user gives. @throws `validation_error` as `settableSecret` */
  async set(ref: string, value: string): Promise<void> {
    await this.#put(ref, settableSecret(ref, value));
  }

  /** Forgets what a user gave. @throws `validation_error` as `requireUsersOwn` */
  async delete(ref: string): Promise<void> {
    requireUsersOwn(ref, "removed");
    await this.#store.delete(ref);
  }

  /** Answers a sidecar. Never rejects: a secret that cannot be had is an answer too. */
  async answer(service: ServiceKind, { ref }: SecretRequest): Promise<SecretResponse> {
    try {
      if (!mayRead(service, ref)) {
        throw new PalyraError("forbidden", `The secret ${ref} is not for ${service}.`);
      }
      const value = await this.#read(ref);
      if (value !== undefined) return { found: true, value };
      throw new PalyraError("secret_missing", `The secret ${ref} is not stored.`, {
        nextStep: ref.startsWith(discordTokenRef("default"))
          ? errorCatalogue.secret_missing.nextStep
          : `Store it with “palyra secrets set ${ref}”.`,
      });
    } catch (thrown) {
      return { found: false, error: detailsOf(thrown) };
    }
  }

  /**
   * Keeps or removes a secret for a sidecar: the gateway's bot tokens only. Never rejects: that it cannot be done is
   * an answer too.
   */
  async change(service: ServiceKind, { ref, value }: SecretChange): Promise<SecretChangeResult> {
    try {
      if (!mayChange(service, ref)) {
        throw new PalyraError("forbidden", `The secret ${ref} is not to be changed by ${service}.`);
      }
      if (value === null) await this.delete(ref);
      else await this.set(ref, value);
      return { done: true };
    } catch (thrown) {
      return { done: false, error: detailsOf(thrown) };
    }
  }

  async #read(ref: string): Promise<string | undefined> {
    const value = await this.#store.get(ref);
    if (value === undefined || value.trim() === "") return undefined;
    this.#redactor.add(value);
    return value;
  }

  async #put(ref: string, value: string): Promise<void> {
    this.#redactor.add(value);
    await this.#store.set(ref, value);
  }

  async #make(service: ServiceKind): Promise<string> {
    const token = newToken();
    await this.#put(tokenRefs[service], token);
    await this.#tokenMade(service);
    return token;
  }
}

function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** The gateway works with everybody's secrets; the browser daemon needs none but its own token. */
function mayRead(service: ServiceKind, ref: string): boolean {
  return service === "gateway" || ref === tokenRefs.browserd;
}

/** Accounts are set up through the gateway; their tokens are all it may replace. */
function mayChange(service: ServiceKind, ref: string): boolean {
  return service === "gateway" && isDiscordTokenRef(ref);
}

/** Stands for the store of a state root whose secrets are where this host cannot look. */
export class SecretsElsewhere implements SecretStore {
  readonly home = "vscode";

  async get(): Promise<string | undefined> {
    throw elsewhere();
  }

  async set(): Promise<void> {
    throw elsewhere();
  }

  async delete(): Promise<void> {
    throw elsewhere();
  }

  async keys(): Promise<readonly string[]> {
    throw elsewhere();
  }
}

function elsewhere(): PalyraError {
  return new PalyraError("secrets_elsewhere", "The secrets of this state folder are kept by VS Code.");
}
