import type { APIInteraction } from "discord-api-types/v10";
import type { ErrorDetails } from "../../contracts/errors.ts";
import { detailsOf, messageOf } from "../../platform/errors.ts";
import type { AdapterHost } from "../connector-adapter.ts";
import type { ConnectorLogger } from "../logger.ts";
import { retryDelay } from "../retry-policy.ts";
import { AccountRun } from "./account-run.ts";
import type { AccountState } from "./account-state.ts";
import type { ChannelDirectory } from "./channel-directory.ts";
import { DiscordRest } from "./discord-rest.ts";
import { checkApiBase } from "./egress.ts";
import { IdentifyGate } from "./identify-gate.ts";
import { mendsItself, type RunEnd, readinessAfter } from "./run-end.ts";

export interface AccountLoopOptions {
  readonly connectorId: string;
  readonly apiBase: string;
  /** Reference of the bot token. */
  readonly tokenRef: string;
  /** User ids of bots that are answered. */
  readonly answeredBots: ReadonlySet<string>;
  readonly host: AdapterHost;
  readonly log: ConnectorLogger;
  readonly state: AccountState;
  readonly directory: ChannelDirectory;
  /** Done once, before the first connection. */
  readonly prepare: () => Promise<void>;
  /** As `onSession` and `onInteraction` of a run. */
  readonly onSession: (rest: DiscordRest, applicationId: string | null) => void;
  readonly onInteraction: (rest: DiscordRest, interaction: APIInteraction) => Promise<void>;
}

/** Keeps one account connected, run after run: with new tokens, and with waits after what a wait can mend. */
export class AccountLoop {
  readonly #options: AccountLoopOptions;
  readonly #stopped = new AbortController();
  readonly #identifyGate = new IdentifyGate();
  #rest: DiscordRest | null = null;
  #run: AccountRun | null = null;
  #running: Promise<void> = Promise.resolve();
  /** Ends the present wait for a change. */
  #wake: (() => void) | null = null;
  /** Credentials may have changed since they were last asked for. */
  #credentialsAreNew = false;

  constructor(options: AccountLoopOptions) {
    this.#options = options;
  }

  /** Requests with the present token; null while there is none. */
  get rest(): DiscordRest | null {
    return this.#rest;
  }

  start(): void {
    this.#running = this.#stayConnected();
  }

  /** Resolves when the connection is closed. Requests can still be made until `dispose`. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error("the connector is stopping"));
    this.#run?.end("stopped");
    this.#wake?.();
    await this.#running;
  }

  dispose(): void {
    this.#rest?.dispose();
    this.#rest = null;
  }

  /** Discord no longer takes the token. */
  refuseToken(): void {
    this.#run?.refuseToken();
  }

  /** @param ref the secret that changed; null when any may have */
  credentialsChanged(ref: string | null): void {
    if (ref !== null && ref !== this.#options.tokenRef) return;
    this.#credentialsAreNew = true;
    this.#wake?.();
    if (ref !== null) void this.#restartIfTokenDiffers();
  }

  async #stayConnected(): Promise<void> {
    await this.#options.prepare();
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      const end = await this.#connect().catch((thrown: unknown): ErrorDetails => detailsOf(thrown));
      this.#leaveRun();
      if (end === "stopped" || this.#stopped.signal.aborted) return;
      if (end === "token_changed") {
        failures = 0;
      } else if (end === "refused") {
        failures = 0;
        await this.#waitForChange(null);
      } else {
        failures += 1;
        if (end !== "store_fault") this.#fail(end);
        await this.#waitForChange(mendsItself(end) ? retryDelay(failures, Math.random()) : null);
      }
    }
  }

  /** One run with one token: from asking for it to the end of its connection. */
  async #connect(): Promise<RunEnd> {
    const { answeredBots, connectorId, directory, host, log, onInteraction, onSession, state, tokenRef } =
      this.#options;
    state.set({ phase: "waiting_for_secret", tokenAccepted: false, accountId: null });
    const apiBase = checkApiBase(this.#options.apiBase);
    this.#credentialsAreNew = false;
    const token = await host.secret(tokenRef, this.#stopped.signal);
    state.set({ phase: "connecting" });
    const rest = new DiscordRest(apiBase, token, this.#stopped.signal);
    this.#rest = rest;
    this.#run = new AccountRun({
      connectorId,
      answeredBots,
      apiBase,
      token,
      rest,
      host,
      log,
      state,
      directory,
      identifyGate: this.#identifyGate,
      stopped: this.#stopped.signal,
      onSession: (applicationId) => onSession(rest, applicationId),
      onInteraction: (interaction) => onInteraction(rest, interaction),
    });
    return await this.#run.run();
  }

  /** Shows why a run did not come to a connection. */
  #fail(error: ErrorDetails): void {
    const { log, state } = this.#options;
    log.warn("cannot connect to Discord", { code: error.code, error: error.message });
    state.set({
      phase: mendsItself(error) ? "interrupted" : "ended",
      lastError: error,
      ...readinessAfter(error),
    });
  }

  async #restartIfTokenDiffers(): Promise<void> {
    const { host, log, tokenRef } = this.#options;
    const run = this.#run;
    if (run === null) return;
    try {
      const token = await host.secret(tokenRef, this.#stopped.signal);
      if (token !== run.token) run.end("token_changed");
    } catch (thrown) {
      // A token that is gone is no longer to be used.
      log.warn("the changed token cannot be read", { error: messageOf(thrown) });
      run.end("token_changed");
    }
  }

  #leaveRun(): void {
    this.#run?.close();
    this.#run = null;
    // Until `dispose`, replies in hand can still be sent and found.
    if (this.#stopped.signal.aborted) return;
    this.#rest?.dispose();
    this.#rest = null;
  }

  /** Waits for `delayMs`, or with null without end, for new credentials or a stop. */
  async #waitForChange(delayMs: number | null): Promise<void> {
    // What changed while the last run was ending must not be waited for.
    if (this.#stopped.signal.aborted || this.#credentialsAreNew) return;
    await new Promise<void>((resolve) => {
      const timer = delayMs === null ? null : setTimeout(resolve, delayMs);
      this.#wake = () => {
        if (timer !== null) clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}
