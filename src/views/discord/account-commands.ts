import * as vscode from "vscode";
import { AccountId } from "../../contracts/gateway-config.ts";
import type { SimulatedDiscordAddress } from "../../supervisor/simulated-discord.ts";
import { connectorOfArgument } from "../channels/connector-traits.ts";
import type { ControlCenterHolder } from "../control-center-holder.ts";
import { askText } from "../wizard/quick-input.ts";
import { runWizard } from "../wizard/wizard.ts";
import { count } from "../wording.ts";
import { connectSteps } from "./connect-steps.ts";
import type { Account, DiscordDesk } from "./discord-desk.ts";
import { bareToken, freeAccountName, newDraft, tokenFault } from "./draft.ts";

export interface AccountParts {
  readonly holder: ControlCenterHolder;
  readonly desk: DiscordDesk;
  /** Starts the simulated Discord unless it runs. */
  readonly simulatedDiscord: () => Promise<SimulatedDiscordAddress>;
}

const simulatedAccount = "simulated";

/** Commands about Discord accounts. An account is given by a tree item's id or its own name; else it is asked for. */
export function accountCommands({ holder, desk, simulatedDiscord }: AccountParts) {
  return {
    connectDiscord: async (argument: unknown): Promise<void> => {
      await startGateway(holder);
      const accounts = await desk.accounts();
      const account = accountOf(argument) ?? freeAccountName(accounts);
      await runWizard(connectSteps(desk), newDraft(accounts, account));
    },
    trySimulatedDiscord: async (): Promise<void> => {
      await startGateway(holder);
      const address = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: "Starting the simulated Discord" },
        simulatedDiscord,
      );
      const draft = newDraft(await desk.accounts(), simulatedAccount);
      const { apiBase, botToken, webUrl } = address;
      await runWizard(connectSteps(desk), {
        ...draft,
        token: botToken,
        apiBase,
        simulatedPage: webUrl,
        choices: { ...draft.choices, directMessages: "allow" },
      });
    },
    loginDiscord: async (argument: unknown): Promise<void> => {
      const account = await chooseAccount(desk, argument, "sign in");
      if (account === null) return;
      const token =
        account.has_credential === true ? await askWhichToken(account) : await askNewToken(account);
      if (token === undefined) return;
      const { bot } = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: `Signing in “${account.account_id}”` },
        () => desk.login(account.account_id, token),
      );
      void vscode.window.showInformationMessage(`“${account.account_id}” is signed in as @${bot.username}.`);
    },
    logoutDiscord: async (argument: unknown): Promise<void> => {
      const account = await chooseAccount(desk, argument, "sign out");
      if (account === null) return;
      const keep = "Sign Out";
      const forget = "Sign Out and Delete the Token";
      const chosen = await vscode.window.showWarningMessage(
        `Sign out the Discord account “${account.account_id}”?`,
        {
          modal: true,
          detail:
            "It stays so until you sign it in again. Its settings are kept. Without its token the next sign-in needs a new one.",
        },
        keep,
        forget,
      );
      if (chosen === undefined) return;
      const { credential_deleted } = await desk.logout(account.account_id, chosen === forget);
      const token = credential_deleted ? "its token is deleted" : "its token is kept";
      void vscode.window.showInformationMessage(`“${account.account_id}” is signed out; ${token}.`);
    },
    removeDiscord: async (argument: unknown): Promise<void> => {
      const account = await chooseAccount(desk, argument, "remove");
      if (account === null) return;
      const remove = "Remove";
      const queue = account.connector?.queue;
      const waiting = (queue?.inbox_pending ?? 0) + (queue?.outbox_pending ?? 0);
      const lost =
        waiting === 0 ? "" : ` ${count(waiting, "waiting message is", "waiting messages are")} let go.`;
      const chosen = await vscode.window.showWarningMessage(
        `Remove the Discord account “${account.account_id}”?`,
        { modal: true, detail: `Its section of palyra.toml and its token are deleted.${lost}` },
        remove,
      );
      if (chosen !== remove) return;
      await desk.remove(account.account_id, false);
      void vscode.window.showInformationMessage(`The Discord account “${account.account_id}” is removed.`);
    },
  };
}

/** The dialogues ask the gateway; where it does not run it is started. */
async function startGateway(holder: ControlCenterHolder): Promise<void> {
  const center = await holder.current();
  if (center.snapshot.quick_facts.gateway_url !== null) return;
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: "Starting the gateway" },
    () => center.start("gateway"),
  );
}

function accountOf(argument: unknown): string | null {
  const connector = connectorOfArgument(argument);
  const name = connector?.startsWith("discord:") === true ? connector.slice("discord:".length) : argument;
  const parsed = AccountId.safeParse(name);
  return parsed.success ? parsed.data : null;
}

async function chooseAccount(desk: DiscordDesk, argument: unknown, verb: string): Promise<Account | null> {
  const accounts = await desk.accounts();
  const wanted = accountOf(argument);
  const given = accounts.find(({ account_id }) => account_id === wanted);
  if (given !== undefined) return given;
  if (accounts.length === 0) {
    void vscode.window.showInformationMessage("There is no Discord account yet.");
    return null;
  }
  const items = accounts.map((account) => ({
    label: account.account_id,
    description: account.connector?.identity == null ? "" : `@${account.connector.identity}`,
    account,
  }));
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: `Choose the account to ${verb}` });
  return chosen?.account ?? null;
}

/** @returns null for the stored token, undefined when the user left */
async function askWhichToken(account: Account): Promise<string | null | undefined> {
  const stored = { label: "$(lock) With the Stored Token" };
  const other = { label: "$(key) With Another Token…" };
  const chosen = await vscode.window.showQuickPick([stored, other], {
    title: `Sign In “${account.account_id}”`,
  });
  if (chosen === undefined) return undefined;
  return chosen === stored ? null : await askNewToken(account);
}

async function askNewToken(account: Account): Promise<string | undefined> {
  const outcome = await askText({
    place: { title: `Bot Token of “${account.account_id}”`, step: 1, total: 1, canGoBack: false },
    isPassword: true,
    prompt: "From Discord's developer portal, under Bot. It goes to the secret store and nowhere else.",
    fault: tokenFault,
  });
  return outcome.kind === "next" ? bareToken(outcome.draft) : undefined;
}
