import type { DiscordRest } from "../../connectors/discord/discord-rest.ts";
import { checkApiBase } from "../../connectors/discord/egress.ts";
import { botChannels, botGuilds } from "../../connectors/discord/onboarding/bot-places.ts";
import { discordFault } from "../../connectors/discord/onboarding/discord-fault.ts";
import { discordConnectorId, discordTokenRef } from "../../contracts/gateway-config.ts";
import type {
  ApplyRequest,
  ApplyResponse,
  GuildChannelsRequest,
  GuildChannelsResponse,
  GuildsRequest,
  GuildsResponse,
  ProbeRequest,
  ProbeResponse,
  VerifyRequest,
  VerifyResponse,
} from "../../contracts/http-onboarding.ts";
import { PalyraError } from "../../platform/errors.ts";
import type { AccountTurns } from "./account-turns.ts";
import { applyAccount } from "./apply-account.ts";
import { type OnboardingParts, storedSecret, throwIfCancelled } from "./onboarding-parts.ts";
import { planConfig } from "./planned-config.ts";
import { runPreflight, taskRest } from "./preflight.ts";
import { RecentMessages } from "./recent-messages.ts";
import { hearFirstMessage } from "./verify-inbound.ts";

/** Sets up Discord accounts: looks first, then does all of it or nothing. */
export class OnboardingDesk {
  readonly #parts: OnboardingParts;
  readonly #turns: AccountTurns;
  readonly #recent = new RecentMessages();

  /** @param turns shared by all who change accounts */
  constructor(parts: OnboardingParts, turns: AccountTurns) {
    this.#parts = parts;
    this.#turns = turns;
    parts.channels.listen((event) => this.#recent.add(event));
  }

  /** Finds out whether an account could be set up as wished. Changes nothing. */
  async probe(asked: ProbeRequest, signal: AbortSignal): Promise<ProbeResponse> {
    const planned = await this.#plan(asked);
    const { preflight } = await runPreflight(this.#parts, asked, planned, { openIsConfirmed: false, signal });
    return { preflight };
  }

  /** The servers the bot is in. */
  async guilds(asked: GuildsRequest, signal: AbortSignal): Promise<GuildsResponse> {
    return await this.#withRest(asked, signal, (rest) => botGuilds(rest, asked));
  }

  /** The channels of one server, with what the bot may do in each. */
  async guildChannels(asked: GuildChannelsRequest, signal: AbortSignal): Promise<GuildChannelsResponse> {
    return await this.#withRest(asked, signal, async (rest) => {
      const { id } = await rest.ownUser();
      return await botChannels(rest, id, asked);
    });
  }

  /**
   * Sets an account up, or changes one, and connects it. What is as wished already is left alone.
   * @throws why it cannot be done, or was not; everything is as before then
   */
  apply(asked: ApplyRequest, signal: AbortSignal): Promise<ApplyResponse> {
    return this.#turns.next(() => this.#apply(asked, signal));
  }

  /** Waits for the first message to the bot. */
  async verify(asked: VerifyRequest, signal: AbortSignal): Promise<VerifyResponse> {
    return await hearFirstMessage(this.#parts, this.#recent, asked, signal);
  }

  async #apply(asked: ApplyRequest, signal: AbortSignal): Promise<ApplyResponse> {
    const { channels, configFile } = this.#parts;
    const { account_id: account } = asked;
    // Fails here, before anything is looked at, while the store is not open.
    const { connectors } = channels;
    throwIfCancelled(signal);
    const planned = await this.#plan(asked);
    if (planned.plan.inbound_scope === "open_guild_channels" && !asked.confirm_open_guild_channels) {
      const message = "The open scope has to be confirmed: everybody in every server could be answered.";
      throw new PalyraError("validation_error", message, {
        nextStep: "Send “confirm_open_guild_channels”: true, or choose a narrower scope.",
      });
    }
    const result = await runPreflight(this.#parts, asked, planned, { openIsConfirmed: true, signal });
    const [fault] = result.faults;
    if (fault !== undefined) throw fault;
    const { preflight, token, storedToken } = result;
    if (token === null || preflight.bot === null) {
      throw new PalyraError("service_unavailable", "Discord did not tell who the bot is.");
    }
    const applied = await applyAccount(
      this.#parts,
      {
        account,
        wish: { plan: asked.plan, apiBase: asked.api_base },
        changesConfig: planned.changes,
        token,
        storedToken,
        botId: preflight.bot.id,
        timeoutMs: asked.timeout_ms,
      },
      signal,
    );
    const connectorId = discordConnectorId(account);
    // They were judged by other rules.
    if (applied.changed) this.#recent.forget(connectorId);
    connectors.note(connectorId, {
      type: "connector.onboarded",
      level: "info",
      message: applied.changed
        ? "The account was set up and is connected."
        : "The account was set up already.",
    });
    return {
      account_id: account,
      connector_id: connectorId,
      connector: await channels.desk.connector(connectorId),
      preflight: { ...preflight, is_configured: true },
      applied: {
        changed: applied.changed,
        token_stored: applied.tokenStored,
        config_path: configFile,
        config_created: applied.configCreated,
        config_changed: planned.changes,
      },
    };
  }

  #plan(asked: Pick<ProbeRequest, "account_id" | "plan" | "api_base">) {
    const wish = { plan: asked.plan, apiBase: asked.api_base };
    return planConfig(this.#parts.configFile, asked.account_id, wish);
  }

  async #withRest<T>(
    asked: Pick<ProbeRequest, "account_id" | "token" | "api_base">,
    signal: AbortSignal,
    ask: (rest: DiscordRest) => Promise<T>,
  ): Promise<T> {
    const { account_id: account } = asked;
    if (asked.token !== undefined) this.#parts.hide(asked.token);
    const token = asked.token ?? (await storedSecret(this.#parts, discordTokenRef(account), signal));
    if (token === null) {
      throw new PalyraError("secret_missing", `No bot token is stored for the account “${account}”.`, {
        nextStep: "Give the token of the bot.",
      });
    }
    const { section } = await this.#plan({ ...asked, plan: {} });
    const apiBase = checkApiBase(section.api_base);
    const rest = taskRest(apiBase, token, signal);
    try {
      return await ask(rest);
    } catch (thrown) {
      throw discordFault(thrown, apiBase);
    } finally {
      rest.dispose();
    }
  }
}
