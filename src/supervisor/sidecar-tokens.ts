import type { SetTokensRequest } from "../contracts/control-link.ts";
import type { ServiceKind } from "../contracts/services.ts";
import type { ServiceSecrets } from "./service-secrets.ts";

/** Sees to it that each running sidecar knows its newest token, also when it was rotated without it. */
export class SidecarTokens {
  readonly #secrets: ServiceSecrets;
  readonly #send: (service: ServiceKind, request: SetTokensRequest) => Promise<boolean>;
  /** Token each running sidecar was last told. */
  readonly #told = new Map<ServiceKind, string>();
  /** Token that was replaced while its sidecar could not be told: callers may still show it. */
  readonly #replaced = new Map<ServiceKind, string>();

  /** @param send hands tokens to the running sidecar; false when there is none */
  constructor(
    secrets: ServiceSecrets,
    send: (service: ServiceKind, request: SetTokensRequest) => Promise<boolean>,
  ) {
    this.#secrets = secrets;
    this.#send = send;
  }

  /** The token a sidecar is started with. */
  async forBoot(service: ServiceKind): Promise<string> {
    const token = await this.#secrets.token(service);
    this.#told.set(service, token);
    return token;
  }

  /** A sidecar that was taken over may still have a token that was rotated without it. */
  async tellNewest(service: ServiceKind): Promise<void> {
    await this.#secrets.withToken(service, async (token) => {
      if (this.#told.get(service) === token) return;
      const before = this.#replaced.get(service);
      await this.#tell(service, { tokens: [token], expiring: before === undefined ? [] : [before] });
    });
  }

  /** Replaces a service's token; no request fails over it. */
  async rotate(service: ServiceKind): Promise<void> {
    await this.#secrets.rotate(service, (tokens) => this.#tell(service, tokens));
  }

  /** A sidecar that is starting is not told now: it learns the newest token when it is connected. */
  async #tell(service: ServiceKind, request: SetTokensRequest): Promise<void> {
    const newest = request.tokens.at(-1);
    const [old] = request.expiring;
    if (!(await this.#send(service, request))) {
      if (old !== undefined) this.#replaced.set(service, old);
      return;
    }
    this.#replaced.delete(service);
    if (newest !== undefined) this.#told.set(service, newest);
  }
}
