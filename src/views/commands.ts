import * as vscode from "vscode";
import type { ApprovalVerdict } from "../contracts/approvals.ts";
import { AccountId, discordConnectorId, discordTokenRef } from "../contracts/gateway-config.ts";
import type { ServiceKind } from "../contracts/services.ts";
import { detailsOf } from "../platform/errors.ts";
import { approvalOfArgument, waitingApprovals } from "./approval-actions.ts";
import type { ChannelCommands } from "./channels/channel-commands.ts";
import { type CommandName, overviewViewId } from "./contribution-ids.ts";
import type { ControlCenterHolder } from "./control-center-holder.ts";
import type { ControlCenterPort } from "./control-center-port.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { type AccountParts, accountCommands } from "./discord/account-commands.ts";
import { DiscordDesk } from "./discord/discord-desk.ts";
import { momentOfArgument } from "./event-nodes.ts";
import type { GatewayApi } from "./gateway-api.ts";
import type { LogSearch } from "./log-search.ts";
import { showProblem } from "./notifications.ts";
import type { ControlCenterPanel } from "./panel.ts";
import { type ServiceActions, serviceActions, serviceOfArgument } from "./service-actions.ts";
import { setupCommands } from "./setup/setup-commands.ts";
import type { SetupMarksStore } from "./setup/setup-marks.ts";
import { type ProfileSwitchParts, switchProfile } from "./switch-profile.ts";
import { webhookCommands } from "./webhooks/webhook-commands.ts";
import { WebhookDesk } from "./webhooks/webhook-desk.ts";
import { serviceStateWords } from "./wording.ts";

export interface CommandParts extends ProfileSwitchParts {
  readonly panel: ControlCenterPanel;
  readonly logSearch: LogSearch;
  readonly diagnostics: Diagnostics;
  readonly marks: SetupMarksStore;
  readonly channelCommands: ChannelCommands;
  readonly simulatedDiscord: AccountParts["simulatedDiscord"];
  readonly api: GatewayApi;
  readonly extensionId: string;
}

/** How long the word on new tokens stays in the status bar, in milliseconds. */
const rotationMessageMs = 8_000;

type ServiceVerb = "start" | "stop" | "restart";
type Action = (argument: unknown) => Promise<void>;

/** What each command does. An error becomes a message with a next step, never a rejected command. */
export function commandActions(parts: CommandParts): Readonly<Record<CommandName, Action>> {
  const { holder, channels, panel, extensionId } = parts;
  const onAll =
    (verb: ServiceVerb): Action =>
    () =>
      working(holder, (center) => center[verb]());
  const onOne =
    (verb: ServiceVerb, trait: keyof ServiceActions): Action =>
    async (argument) => {
      const service = serviceOfArgument(argument) ?? (await pickService(parts, trait, verb));
      if (service !== null) await working(holder, (center) => center[verb](service));
    };
  const onApproval =
    (verdict: ApprovalVerdict): Action =>
    async (argument) => {
      const approval = approvalOfArgument(argument) ?? (await pickApproval(parts, verdict));
      if (approval !== null) await working(holder, (center) => center.decideApproval(approval, verdict));
    };
  const actions: Readonly<Record<CommandName, Action>> = {
    start: onAll("start"),
    stop: onAll("stop"),
    restart: onAll("restart"),
    startService: onOne("start", "canStart"),
    stopService: onOne("stop", "canStop"),
    restartService: onOne("restart", "canStop"),
    retry: async (argument) => {
      if (parts.source.state.center.kind === "failed") return holder.reopen();
      const service = serviceOfArgument(argument) ?? undefined;
      await working(holder, (center) => center.retry(service));
    },
    openControlCenter: async () => panel.show(),
    showLogs: async (argument) => {
      const center = await holder.current();
      const service = serviceOfArgument(argument) ?? (await pickService(parts, null, "read the logs of"));
      if (service !== null) await channels.show(service, () => center.logs(service));
    },
    showLogsAt: async (argument) => {
      const moment = momentOfArgument(argument);
      if (moment === null) return;
      const center = await holder.current();
      await parts.logSearch.showAt(moment.service, moment.unix_ms, await center.logs(moment.service));
    },
    rotateTokens: async () => {
      await working(holder, (center) => center.rotateTokens());
      // It asks for nothing, so it need not be closed: the tree's recent events keep it.
      vscode.window.setStatusBarMessage(
        "$(check) Palyra's tokens are new; the old ones end in 10 seconds.",
        rotationMessageMs,
      );
    },
    switchProfile: (argument) => switchProfile(parts, argument),
    setDiscordToken: (argument) => setDiscordToken(parts, argument),
    openSettings: async (argument) => {
      const query = typeof argument === "string" ? argument : `@ext:${extensionId}`;
      if (vscode.env.remoteName === undefined) {
        await vscode.commands.executeCommand("workbench.action.openSettings", query);
      } else {
        // Settings of a machine are on a page of their own in a remote window.
        await vscode.commands.executeCommand("workbench.action.openRemoteSettings", { query });
      }
    },
    allowApproval: onApproval("allow"),
    denyApproval: onApproval("deny"),
    searchLogs: async () => {
      const center = await holder.current();
      await parts.logSearch.ask(() => center.logs());
    },
    runDiagnostics: () => parts.diagnostics.run(),
    exportSupportBundle: (argument) => parts.diagnostics.exportBundle(argument),
    reset: () => parts.diagnostics.reset(),
    copySnapshot: async () => {
      const { snapshot } = await holder.current();
      await vscode.env.clipboard.writeText(JSON.stringify(snapshot, null, 2));
      void vscode.window.showInformationMessage(
        "The diagnostics snapshot is on the clipboard. It holds no secrets.",
      );
    },
    ...setupCommands(parts),
    ...accountCommands({ ...parts, desk: new DiscordDesk(parts.api) }),
    ...parts.channelCommands.actions,
    ...webhookCommands({ holder, webhooks: new WebhookDesk(parts.api) }),
  };
  const guarded = Object.entries(actions).map(([name, action]) => [name, guard(action)]);
  return Object.fromEntries(guarded) as Record<CommandName, Action>;
}

function guard(action: Action): Action {
  return async (argument) => {
    try {
      await action(argument);
    } catch (thrown) {
      void showProblem(detailsOf(thrown));
    }
  };
}

/** Does something with the control center while the overview shows that something goes on. */
async function working(
  holder: ControlCenterHolder,
  work: (center: ControlCenterPort) => Promise<unknown>,
): Promise<void> {
  const center = await holder.current();
  await vscode.window.withProgress({ location: { viewId: overviewViewId } }, async () => {
    await work(center);
  });
}

/** Lets the user choose among the services that allow an action; null when there is none or nothing was chosen. */
async function pickService(
  { source, holder }: CommandParts,
  trait: keyof ServiceActions | null,
  verb: string,
): Promise<ServiceKind | null> {
  await holder.current();
  const { center } = source.state;
  if (center.kind !== "open") return null;
  const items = center.snapshot.services
    .filter((view) => trait === null || serviceActions(view)[trait])
    .map((view) => ({
      label: view.display_name,
      description: serviceStateWords[view.state],
      service: view.service,
    }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(`There is no service to ${verb} at this moment.`);
    return null;
  }
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: `Choose the service to ${verb}` });
  return chosen?.service ?? null;
}

/** Lets the user choose among what waits; null when nothing waits or nothing was chosen. */
async function pickApproval(
  { source, holder }: CommandParts,
  verdict: ApprovalVerdict,
): Promise<string | null> {
  await holder.current();
  const items = waitingApprovals(source.state).first.map((approval) => ({
    label: approval.sentence,
    description: `${approval.risk} risk`,
    detail: `Asked by ${approval.requested_by}`,
    approval: approval.approval_id,
  }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage("Nothing waits for your decision at this moment.");
    return null;
  }
  const placeHolder = `Choose what to ${verdict}`;
  const chosen = await vscode.window.showQuickPick(items, { placeHolder, matchOnDetail: true });
  return chosen?.approval ?? null;
}

async function setDiscordToken({ holder, source }: CommandParts, argument: unknown): Promise<void> {
  const center = await holder.current();
  const given = AccountId.safeParse(argument);
  const account = given.success ? given.data : await askAccount();
  if (account === undefined) return;
  const token = await vscode.window.showInputBox({
    title: `Discord bot token of the account “${account}”`,
    prompt: "From Discord's developer portal, under Bot. It goes to the secret store and nowhere else.",
    password: true,
    ignoreFocusOut: true,
    validateInput: (value) =>
      /^\S{20,}$/.test(value.trim()) ? null : "A token is one word of at least 20 characters.",
  });
  if (token === undefined) return;
  await center.setSecret(discordTokenRef(account), token.trim());
  const state = source.state.center;
  const connectors = state.kind === "open" ? state.snapshot.gateway?.status.connectors : undefined;
  const known =
    connectors?.some((connector) => connector.connector_id === discordConnectorId(account)) ?? true;
  void vscode.window.showInformationMessage(
    known
      ? `The token of “${account}” is stored; the gateway connects with it.`
      : `The token of “${account}” is stored. Add [channels.discord.${account}] to palyra.toml in ${center.snapshot.quick_facts.state_root} to connect it.`,
  );
}

async function askAccount(): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: "Discord account",
    prompt: "Name of the account in palyra.toml",
    value: "default",
    validateInput: (value) =>
      AccountId.safeParse(value).success ? null : "Use lower-case letters, digits, . _ -",
  });
}
