import { discordConnectorId, discordTokenRef } from "../../contracts/gateway-config.ts";
import type {
  AccountLoginRequest,
  AccountLoginResponse,
  AccountLogoutRequest,
  AccountLogoutResponse,
  AccountRemoveRequest,
  AccountRemoveResponse,
  AccountsResponse,
} from "../../contracts/http-onboarding.ts";
import { ApplyRequest } from "../../contracts/http-onboarding.ts";
import { detailsOf, PalyraError } from "../../platform/errors.ts";
import { removeAccount, switchAccount } from "./account-section.ts";
import type { AccountTurns } from "./account-turns.ts";
import type { OnboardingDesk } from "./onboarding-desk.ts";
import { type OnboardingParts, storedSecret } from "./onboarding-parts.ts";
import { editReversibly } from "./reversible-edit.ts";
import { UndoList } from "./undo-list.ts";

type TomlChange = Parameters<typeof editReversibly>[2];

/** Accounts that are set up: logs them in and out, and removes them. */
export class AccountDesk {
  readonly #parts: OnboardingParts;
  readonly #turns: AccountTurns;
  readonly #onboarding: Pick<OnboardingDesk, "apply">;

  /** @param turns shared by all who change accounts */
  constructor(parts: OnboardingParts, turns: AccountTurns, onboarding: Pick<OnboardingDesk, "apply">) {
    this.#parts = parts;
    this.#turns = turns;
    this.#onboarding = onboarding;
  }

  /** All accounts in palyra.toml. */
  async list(signal: AbortSignal): Promise<AccountsResponse> {
    const { config, channels } = this.#parts;
    const known = new Set(channels.connectors.ids());
    const accounts = Object.entries(config.current.config.channels.discord).map(
      async ([account, section]) => {
        const connectorId = discordConnectorId(account);
        const token = await storedSecret(this.#parts, discordTokenRef(account), signal).catch(
          (thrown: unknown) => {
            // That it cannot be told is an answer too.
            if (thrown instanceof PalyraError) return undefined;
            throw thrown;
          },
        );
        return {
          account_id: account,
          connector_id: connectorId,
          enabled: section.enabled,
          api_base: section.api_base,
          has_credential: token === undefined ? null : token !== null,
          connector: known.has(connectorId) ? await channels.desk.connector(connectorId) : null,
        };
      },
    );
    return { accounts: await Promise.all(accounts) };
  }

  /**
   * Switches an account on and connects it, with its stored token unless a new one is given.
   * @throws `not_found`; `secret_missing`; else as `OnboardingDesk.apply`
   */
  async login(asked: AccountLoginRequest, signal: AbortSignal): Promise<AccountLoginResponse> {
    this.#requireConfigured(asked.account_id);
    const applied = await this.#onboarding.apply(
      ApplyRequest.parse({ ...asked, confirm_open_guild_channels: true }),
      signal,
    );
    const { preflight, applied: facts, ...state } = applied;
    if (preflight.bot === null)
      throw new PalyraError("service_unavailable", "Discord did not tell who the bot is.");
    return { ...state, bot: preflight.bot, token_stored: facts.token_stored };
  }

  /** Disconnects an account; it stays so, and keeps its settings. @throws `not_found` */
  logout(asked: AccountLogoutRequest, signal: AbortSignal): Promise<AccountLogoutResponse> {
    return this.#turns.next(async () => {
      const account = asked.account_id;
      this.#requireConfigured(account);
      const connectorId = discordConnectorId(account);
      const change: TomlChange = (file) => void switchAccount(file, account, false);
      const credentialDeleted = await this.#changed(account, change, asked.delete_credential, signal);
      const { desk } = this.#parts.channels;
      return {
        account_id: account,
        connector_id: connectorId,
        connector: await desk.connector(connectorId),
        credential_deleted: credentialDeleted,
      };
    });
  }

  /** Takes an account away, with its token and its queue. @throws `not_found` */
  remove(asked: AccountRemoveRequest, signal: AbortSignal): Promise<AccountRemoveResponse> {
    return this.#turns.next(async () => {
      const { account_id: account, keep_credential: keepsToken, keep_history: keepsHistory } = asked;
      this.#requireConfigured(account);
      const { channels, configFile } = this.#parts;
      const connectorId = discordConnectorId(account);
      const { operations } = await channels.desk.status(connectorId);
      const change: TomlChange = (file) => removeAccount(file, account);
      const credentialDeleted = await this.#changed(account, change, !keepsToken, signal);
      await channels.connectors.remove(connectorId, keepsHistory ? "keep" : "delete");
      return {
        account_id: account,
        connector_id: connectorId,
        connector: null,
        credential_deleted: credentialDeleted,
        config_path: configFile,
        queue_before: operations.queue,
      };
    });
  }

  /** Switches an account on or off in palyra.toml, without waiting for its connection. @throws `not_found` */
  setEnabled(account: string, enabled: boolean): Promise<void> {
    return this.#turns.next(async () => {
      this.#requireConfigured(account);
      const change: TomlChange = (file) => void switchAccount(file, account, enabled);
      await this.#changed(account, change, false, new AbortController().signal);
    });
  }

  /**
   * Changes the file, applies it, and deletes the token if that is wished; all of it or nothing.
   * @returns whether there was a token to delete
   */
  async #changed(
    account: string,
    change: TomlChange,
    deletesToken: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { channels, config, configFile: file, secrets } = this.#parts;
    const ref = discordTokenRef(account);
    const token = deletesToken ? await storedSecret(this.#parts, ref, signal) : null;
    const undo = new UndoList();
    const applyConfig = async (): Promise<void> => {
      await config.reload();
      await channels.applyConfig();
    };
    try {
      undo.add("the connection", applyConfig);
      // The token goes first: cut short after it, the account is still seen, and the same request again ends it.
      if (token !== null) {
        undo.add("the bot token", () => secrets.change(ref, token));
        await secrets.change(ref, null);
      }
      const edit = await editReversibly(file, account, change);
      undo.add("palyra.toml", () => edit.undo());
      await applyConfig();
      return token !== null;
    } catch (thrown) {
      const left = await undo.takeBack();
      if (left.length === 0) throw thrown;
      const { code, message, next_step: nextStep } = detailsOf(thrown);
      throw new PalyraError(code, `${message} This could not be taken back: ${left.join("; ")}.`, {
        nextStep,
        cause: thrown,
      });
    }
  }

  #requireConfigured(account: string): void {
    if (Object.hasOwn(this.#parts.config.current.config.channels.discord, account)) return;
    throw new PalyraError("not_found", `There is no Discord account “${account}” in palyra.toml.`, {
      nextStep: "Set it up first with “palyra channels add discord” or “Palyra: Connect Discord”.",
    });
  }
}
