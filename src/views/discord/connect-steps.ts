import * as vscode from "vscode";
import { AccountId } from "../../contracts/gateway-config.ts";
import { askChoice, askText, type Entry } from "../wizard/quick-input.ts";
import { next, type StepOutcome, type WizardPlace } from "../wizard/wizard.ts";
import { callingStep, directMessagesStep, peopleStep, reachStep, wordsStep } from "./answer-steps.ts";
import { reviewStep, testMessageStep, verifyStep } from "./connect-outcome-steps.ts";
import type { Channel, DiscordDesk, Guild, Preflight } from "./discord-desk.ts";
import {
  canAnswerIn,
  channelEntries,
  checkEntries,
  guildEntries,
  guildsSentence,
  permissionEntries,
  separator,
} from "./discord-entries.ts";
import { answered, type DiscordStep, title } from "./discord-step.ts";
import {
  bareToken,
  credentialOf,
  type DiscordDraft,
  tokenFault,
  wantsServer,
  withPreflight,
} from "./draft.ts";

export const developerPortal = "https://discord.com/developers/applications";

type Outcome = Promise<StepOutcome<DiscordDraft>>;

/** The dialogue “Connect Discord”, from a name to the first answered message. */
export function connectSteps(desk: DiscordDesk): readonly DiscordStep[] {
  return [
    accountStep,
    tokenStep,
    checksStep(desk),
    inviteStep(desk),
    serverStep(desk),
    channelStep(desk),
    permissionsStep(desk),
    reachStep,
    callingStep,
    wordsStep,
    directMessagesStep,
    peopleStep(desk, "allow"),
    peopleStep(desk, "deny"),
    reviewStep(desk),
    testMessageStep(desk),
    verifyStep(desk),
  ];
}

const isReal = ({ simulatedPage }: DiscordDraft): boolean => simulatedPage === null;

const accountStep: DiscordStep = {
  id: "account",
  title: title("Account"),
  applies: isReal,
  ask: async (draft, place) => {
    const taken = draft.accounts.map(({ account_id }) => account_id);
    const known =
      taken.length === 0 ? "" : ` There ${taken.length === 1 ? "is" : "are"}: ${taken.join(", ")}.`;
    const outcome = await askText({
      place,
      value: draft.account,
      prompt: `Name of the account on this machine; it tells several bots apart.${known}`,
      fault: (text) =>
        AccountId.safeParse(text.trim()).success
          ? null
          : "Use lower-case letters, digits, . _ - and begin with a letter or digit.",
    });
    return answered(outcome, (name) => {
      const account = name.trim();
      return account === draft.account ? draft : { ...draft, account, token: null, preflight: null };
    });
  },
};

const tokenStep: DiscordStep = {
  id: "token",
  title: title("Bot Token"),
  applies: isReal,
  ask: async (draft, place) => {
    const stored = draft.accounts.find(({ account_id }) => account_id === draft.account);
    if (stored?.has_credential !== true) return await askToken(draft, place);
    const outcome = await askChoice<"stored" | "typed">({
      place,
      placeholder: `A token of “${draft.account}” is in the secret store`,
      load: async () => [
        { label: "$(lock) Use the Stored Token", value: "stored" },
        { label: "$(key) Enter Another Token…", value: "typed" },
      ],
    });
    if (outcome.kind !== "next") return outcome;
    if (outcome.draft === "stored") return next({ ...draft, token: null });
    return await askToken(draft, place);
  },
};

async function askToken(draft: DiscordDraft, place: WizardPlace): Outcome {
  const outcome = await askText({
    place,
    value: draft.token ?? "",
    isPassword: true,
    placeholder: "Paste the token",
    prompt: "From Discord's developer portal, under Bot. It goes to the secret store and nowhere else.",
    fault: tokenFault,
  });
  return answered(outcome, (typed) => ({ ...draft, token: bareToken(typed) }));
}

function checksStep(desk: DiscordDesk): DiscordStep {
  return {
    id: "checks",
    title: title("Checks"),
    applies: () => true,
    ask: async (draft, place) => {
      const outcome = await askChoice<Preflight>({
        place,
        placeholder: "What Discord says of the bot",
        load: async (_typed, signal) => {
          const preflight = await desk.probe(credentialOf(draft), signal);
          return [
            ...afterChecks(preflight, draft),
            separator("Checks"),
            ...checkEntries<Preflight>(preflight),
          ];
        },
      });
      return answered(outcome, (preflight) => withPreflight(draft, preflight));
    },
  };
}

function afterChecks(preflight: Preflight, draft: DiscordDraft): readonly Entry<Preflight>[] {
  const again = { label: "$(refresh) Check Again", act: async () => true };
  const portal = {
    label: "$(link-external) Open Discord's Developer Portal",
    act: async () => {
      await vscode.env.openExternal(vscode.Uri.parse(developerPortal));
      return false;
    },
  };
  const help = isReal(draft) ? [again, portal] : [again];
  if (!preflight.ready) return help;
  const who = preflight.bot === null ? "" : `as @${preflight.bot.username}`;
  const isClean = preflight.checks.every(({ status }) => status === "ok");
  return [{ label: "$(arrow-right) Continue", description: who, value: preflight }, ...(isClean ? [] : help)];
}

function inviteStep(desk: DiscordDesk): DiscordStep {
  return {
    id: "invite",
    title: title("Invite the Bot"),
    applies: (draft) => isReal(draft) && draft.preflight?.invite_url != null,
    ask: async (draft, place) => {
      const url = draft.preflight?.invite_url ?? "";
      const outcome = await askChoice<true>({
        place,
        placeholder: "Bring the bot to your server with exactly the permissions it needs",
        load: async (_typed, signal) => {
          const guilds = await desk.guilds(credentialOf(draft), signal);
          return [
            { label: "$(arrow-right) Continue", description: guildsSentence(guilds), value: true },
            { label: "$(link-external) Open the Invitation in the Browser", act: () => openLink(url) },
            { label: "$(copy) Copy the Invitation", act: () => copyText(url) },
            { label: "$(refresh) Look Again", act: async () => true },
            separator("It asks for"),
            ...(draft.preflight?.required_permissions ?? []).map((label) => ({ label: `$(key) ${label}` })),
          ];
        },
      });
      return answered(outcome, () => draft);
    },
  };
}

async function openLink(url: string): Promise<boolean> {
  await vscode.env.openExternal(vscode.Uri.parse(url, true));
  return false;
}

async function copyText(text: string): Promise<boolean> {
  await vscode.env.clipboard.writeText(text);
  return false;
}

const onlyDirect: Guild = { guild_id: "", name: "" };

function serverStep(desk: DiscordDesk): DiscordStep {
  return {
    id: "server",
    title: title("Server"),
    applies: () => true,
    ask: async (draft, place) => {
      const outcome = await askChoice<Guild>({
        place,
        placeholder: "Choose the server in which the bot is to answer",
        load: async (_typed, signal) => [
          ...guildEntries(await desk.guilds(credentialOf(draft), signal)),
          { label: "$(mail) No Server", description: "direct messages only", value: onlyDirect },
          { label: "$(refresh) Look Again", description: "after an invitation", act: async () => true },
        ],
      });
      return answered(outcome, (chosen) => {
        const guild = chosen === onlyDirect ? null : chosen;
        const isSame = guild?.guild_id === draft.guild?.guild_id;
        return { ...draft, guild, channel: isSame ? draft.channel : null };
      });
    },
  };
}

function channelStep(desk: DiscordDesk): DiscordStep {
  return {
    id: "channel",
    title: title("Channel"),
    applies: wantsServer,
    ask: async (draft, place) => {
      const outcome = await askChoice<Channel>({
        place,
        placeholder: `Choose a channel of ${draft.guild?.name ?? "the server"}`,
        load: async (_typed, signal) => [
          ...channelEntries(await channelsOf(desk, draft, signal)),
          { label: "$(refresh) Look Again", act: async () => true },
        ],
      });
      return answered(outcome, (channel) => ({ ...draft, channel }));
    },
  };
}

async function channelsOf(
  desk: DiscordDesk,
  draft: DiscordDraft,
  signal: AbortSignal,
): Promise<readonly Channel[]> {
  return await desk.channels(credentialOf(draft), draft.guild?.guild_id ?? "", signal);
}

function permissionsStep(desk: DiscordDesk): DiscordStep {
  return {
    id: "permissions",
    title: title("Permissions"),
    applies: wantsServer,
    ask: async (draft, place) => {
      const outcome = await askChoice<Channel>({
        place,
        placeholder: `What the bot may do in #${draft.channel?.name ?? ""}`,
        load: async (_typed, signal) => {
          const channels = await channelsOf(desk, draft, signal);
          const channel = channels.find(({ channel_id }) => channel_id === draft.channel?.channel_id);
          return channel === undefined
            ? [{ label: "$(error) The channel is gone", detail: "Go back and choose another one." }]
            : [
                ...afterPermissions(channel),
                separator("Permissions"),
                ...permissionEntries<Channel>(channel.permissions),
              ];
        },
      });
      return answered(outcome, (channel) => ({ ...draft, channel }));
    },
  };
}

function afterPermissions(channel: Channel): readonly Entry<Channel>[] {
  const again = { label: "$(refresh) Check Again", act: async () => true };
  if (!canAnswerIn(channel)) {
    const help = {
      label: "$(error) The bot cannot answer here",
      detail: "In Discord, edit the channel's permissions and allow the bot what is missing; or go back.",
    };
    return [again, help];
  }
  const { missing } = channel;
  if (missing.length === 0) return [{ label: "$(arrow-right) Continue", value: channel }];
  return [{ label: "$(arrow-right) Continue All the Same", value: channel }, again];
}
