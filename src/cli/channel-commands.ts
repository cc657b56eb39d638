import type { Command } from "commander";
import { addCapabilities } from "./commands/channels/capabilities.ts";
import { addDeadLetters } from "./commands/channels/dead-letters.ts";
import { addEnable } from "./commands/channels/enable.ts";
import { addHealthRefresh } from "./commands/channels/health-refresh.ts";
import { addList } from "./commands/channels/list.ts";
import { addLogs } from "./commands/channels/logs.ts";
import { addQueue } from "./commands/channels/queue.ts";
import { addResolve } from "./commands/channels/resolve.ts";
import { addRestart } from "./commands/channels/restart.ts";
import { addStatus } from "./commands/channels/status.ts";
import { addTest } from "./commands/channels/test.ts";
import { addVerify } from "./commands/channels/verify.ts";
import { addAdd } from "./commands/onboarding/add.ts";
import { addLogin } from "./commands/onboarding/login.ts";
import { addLogout } from "./commands/onboarding/logout.ts";
import { addRemove } from "./commands/onboarding/remove.ts";
import { addMintPairingCode, addPairingCode } from "./commands/router/pairing-code.ts";
import { addPairingDecisions } from "./commands/router/pairing-decision.ts";
import { addPairings, addRouterPairings } from "./commands/router/pairings.ts";
import { addPreview } from "./commands/router/preview.ts";
import { addRules } from "./commands/router/rules.ts";
import { addWarnings } from "./commands/router/warnings.ts";
import type { Shell } from "./shell.ts";

/** Adds `palyra channels`. */
export function addChannelCommands(program: Command, shell: Shell): void {
  const channels = program.command("channels").description("connect channels and look after them");
  addAdd(channels, shell);
  addLogin(channels, shell);
  addLogout(channels, shell);
  addRemove(channels, shell);
  addList(channels, shell);
  addStatus(channels, shell);
  addEnable(channels, shell);
  addRestart(channels, shell);
  addLogs(channels, shell);
  addTest(channels, shell);
  addVerify(channels, shell);
  addHealthRefresh(channels, shell);
  addQueue(channels, shell);
  addDeadLetters(channels, shell);
  addCapabilities(channels, shell);
  addResolve(channels, shell);
  addPairings(channels, shell);
  addPairingCode(channels, shell);
  addPairingDecisions(channels, shell);
  addRouter(channels, shell);
  addDiscord(channels, shell);
}

/** The spelling with the provider before the action; both do the same. */
function addDiscord(channels: Command, shell: Shell): void {
  const discord = channels
    .command("discord")
    .description("the same for accounts of Discord, named with --account-id");
  addAdd(discord, shell);
  addLogin(discord, shell);
  addStatus(discord, shell);
  addHealthRefresh(discord, shell);
  addVerify(discord, shell);
  for (const command of discord.commands) {
    if (command.name() === "add") command.alias("setup");
    command.setOptionValueWithSource("provider", "discord", "default");
  }
}

function addRouter(channels: Command, shell: Shell): void {
  const router = channels.command("router").description("look at the rules of who is answered");
  addRules(router, shell);
  addWarnings(router, shell);
  addPreview(router, shell);
  addRouterPairings(router, shell);
  addMintPairingCode(router, shell);
}
