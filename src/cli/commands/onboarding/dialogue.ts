import { AccountId } from "../../../contracts/gateway-config.ts";
import { TestSendResponse } from "../../../contracts/http-channels.ts";
import {
  type ApplyResponse,
  type OnboardingPlan,
  onboardingTimes,
  TypedToken,
} from "../../../contracts/http-onboarding.ts";
import { PalyraError } from "../../../platform/errors.ts";
import { Cancelled } from "../../cancelled.ts";
import { type GatewayClient, route } from "../../gateway-client.ts";
import type { Paint } from "../../terminal.ts";
import { visibleText } from "../../visible-text.ts";
import type { DialogueScreen } from "./dialogue-screen.ts";
import { type Credential, DiscordSetup } from "./discord-setup.ts";
import { askPlace } from "./place-questions.ts";
import { askPlan, type Place } from "./plan-questions.ts";
import { checkLines, previewLines } from "./preflight-lines.ts";
import { retried } from "./retried.ts";

/** A Discord on this machine, to try the bot without an account. */
export interface SimulatedDiscord {
  readonly apiBase: string;
  /** The page where people write. */
  readonly webUrl: string;
  readonly botToken: string;
}

export interface DialogueParts {
  readonly screen: DialogueScreen;
  readonly gateway: GatewayClient;
  readonly paint: Paint;
  /** Starts it unless it runs. */
  readonly simulatedDiscord: () => Promise<SimulatedDiscord>;
}

/** What was said on the command line already. */
export interface DialogueWishes {
  /** Name of the account; null to ask for it. */
  readonly account: string | null;
  readonly simulated: boolean;
  /** Base of a server compatible with Discord's REST API; null for Discord itself. */
  readonly apiBase: string | null;
  /** Channel whose permissions are looked at; null to have one chosen. */
  readonly verifyChannelId: string | null;
  /** Answers from which the questions start. */
  readonly plan: OnboardingPlan;
}

/** Name of the account with the simulated Discord unless another one is given. */
export const simulatedAccount = "simulated";

/**
 * Connects a Discord account step by step. Until the end nothing is stored or changed.
 * @throws `Cancelled` when the user ends it
 */
export async function connectDiscord(parts: DialogueParts, given: DialogueWishes): Promise<ApplyResponse> {
  const setup = new DiscordSetup(parts.gateway);
  const { screen } = parts;
  const simulated = given.simulated || (given.apiBase === null && (await askWhich(screen)));
  const found = simulated
    ? await screen.busy("Starting the simulated Discord", () => parts.simulatedDiscord())
    : null;
  if (found !== null) screen.say(visibleText(`The simulated Discord runs. Its page: ${found.webUrl}`));
  const account = given.account ?? (await askAccount(screen, simulated));
  const credential =
    found === null
      ? {
          ...(await askToken(screen, setup, account)),
          ...(given.apiBase === null ? {} : { api_base: given.apiBase }),
        }
      : { account_id: account, token: found.botToken, api_base: found.apiBase };
  const { preflight, credential: checked } = await preflightOf(parts, setup, credential, given);
  const inviteUrl = simulated ? null : preflight.invite_url;
  const place = preflight.channel ?? (await askPlace({ ...parts, setup }, checked, inviteUrl));
  const applied = await planAndApply(parts, setup, checked, place, given.plan);
  await tryOut(parts, setup, applied, place, found);
  return applied;
}

async function askWhich(screen: DialogueScreen): Promise<boolean> {
  return await screen.choose("Where is the bot to live?", [
    { value: false, label: "On Discord", hint: "you need a bot from discord.com/developers" },
    { value: true, label: "On a simulated Discord", hint: "to try it on this machine, without an account" },
  ]);
}

async function askAccount(screen: DialogueScreen, simulated: boolean): Promise<string> {
  return await screen.text(
    "Name of the account, as you want to call it here",
    simulated ? simulatedAccount : "default",
    (answer) =>
      AccountId.safeParse(answer).success ? null : "Use lower-case letters, digits and . _ -, at most 64.",
  );
}

async function askToken(screen: DialogueScreen, setup: DiscordSetup, account: string): Promise<Credential> {
  const accounts = await retried(screen, "Looking at the accounts", (signal) => setup.accounts(signal));
  const known = accounts.find(({ account_id }) => account_id === account);
  if (known?.has_credential === true) {
    const keep = await screen.choose(`The account “${account}” has a stored token.`, [
      { value: true, label: "Use it" },
      { value: false, label: "Give another one" },
    ]);
    if (keep) return { account_id: account };
  }
  return { account_id: account, token: await typeToken(screen) };
}

async function typeToken(screen: DialogueScreen): Promise<string> {
  const typed = await screen.hidden("Bot token (not shown; Developer Portal, Bot, Reset Token)", (answer) =>
    TypedToken.safeParse(answer).success ? null : "A token is one word without spaces.",
  );
  return TypedToken.parse(typed);
}

type Checked = { preflight: Awaited<ReturnType<DiscordSetup["probe"]>>; credential: Credential };

/** Looks until nothing failed. */
async function preflightOf(
  { screen, paint }: DialogueParts,
  setup: DiscordSetup,
  first: Credential,
  { verifyChannelId }: DialogueWishes,
): Promise<Checked> {
  const channel = verifyChannelId === null ? {} : { verify_channel_id: verifyChannelId };
  let credential = first;
  for (;;) {
    const preflight = await retried(screen, "Checking the bot", (signal) =>
      setup.probe({ ...credential, ...channel, plan: {} }, signal),
    );
    screen.say(checkLines(preflight.checks, paint).join("\n"));
    if (preflight.ready) return { preflight, credential };
    const step = await screen.choose<"again" | "token">("Something is missing.", [
      { value: "again", label: "Check again", hint: "after you mended it" },
      { value: "token", label: "Give another token" },
    ]);
    if (step === "token") credential = { ...credential, token: await typeToken(screen) };
  }
}

async function planAndApply(
  { screen, paint }: DialogueParts,
  setup: DiscordSetup,
  credential: Credential,
  place: Place,
  wished: OnboardingPlan,
): Promise<ApplyResponse> {
  const verify = place === null ? {} : { verify_channel_id: place.channel_id };
  let plan = { ...wished, ...(await askPlan(screen, place, wished)) };
  for (;;) {
    const asked = { ...credential, plan, ...verify };
    const preflight = await retried(screen, "Looking who would be answered", (signal) =>
      setup.probe(asked, signal),
    );
    screen.say(["Who would be answered", ...previewLines(preflight, paint)].join("\n"));
    const step = await screen.choose<"apply" | "change">("Is that what you want?", [
      { value: "apply", label: "Yes, connect" },
      { value: "change", label: "Change it" },
    ]);
    if (step === "change") {
      plan = { ...wished, ...(await askPlan(screen, place, plan)) };
      continue;
    }
    const isOpen = plan.inbound_scope === "open_guild_channels";
    const question = "Everybody in every server the bot is in could use it. Are you sure?";
    if (isOpen && !(await screen.agreed(question, false))) continue;
    return await retried(screen, "Connecting", (signal) =>
      setup.apply(
        { ...asked, confirm_open_guild_channels: isOpen, timeout_ms: onboardingTimes.connectDefault },
        signal,
      ),
    );
  }
}

/** Sends a test message and waits for the first one somebody writes. Nothing of it is needed: Ctrl-C leaves it out. */
async function tryOut(
  { screen, gateway }: DialogueParts,
  setup: DiscordSetup,
  applied: ApplyResponse,
  place: Place,
  simulated: SimulatedDiscord | null,
): Promise<void> {
  const bot = applied.preflight.bot?.username ?? "the bot";
  screen.good(visibleText(`Connected as ${bot}.`));
  try {
    if (
      place !== null &&
      (await screen.agreed(`Write a test message into #${place.name ?? "the channel"}?`))
    ) {
      await sendTest(screen, gateway, applied.connector_id, place.channel_id);
    }
    const where = simulated === null ? "in Discord" : `on ${simulated.webUrl}`;
    const what =
      place === null ? `a direct message to ${bot}` : `“@${bot} hello” in #${place.name ?? "the channel"}`;
    do {
      const told = await retried(
        screen,
        `Write ${what} ${where}; waiting for it (Ctrl-C leaves it out)`,
        (signal) => setup.firstMessage(applied.account_id, onboardingTimes.verifyDefault, signal),
      );
      if (told.outcome === "answered") {
        screen.good(visibleText(told.message));
        return;
      }
      screen.warn(visibleText([told.message, told.next_step ?? ""].join("\n").trim()));
    } while (await screen.agreed("Wait for another message?"));
  } catch (thrown) {
    // What went wrong was told, and the user did not want to try it again.
    if (!(thrown instanceof Cancelled || thrown instanceof PalyraError)) throw thrown;
    screen.say("The bot is connected; the rest was left out.");
  }
}

async function sendTest(
  screen: DialogueScreen,
  gateway: GatewayClient,
  connectorId: string,
  target: string,
): Promise<void> {
  const body = { target, text: "palyra discord test message", confirm: true };
  const { dispatch } = await retried(screen, "Sending", (signal) =>
    gateway.post(route`/channels/${connectorId}/test-send`, body, TestSendResponse, { signal }),
  );
  if (dispatch.delivered > 0) screen.good("The test message is there.");
  else screen.warn(visibleText(dispatch.reason ?? "The test message waits to be sent."));
}
