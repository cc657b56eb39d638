import { type Command, Option } from "commander";
import { onboardingTimes } from "../../../contracts/http-onboarding.ts";
import { PalyraError } from "../../../platform/errors.ts";
import { defaultSettings } from "../../../supervisor/control-center-options.ts";
import { rememberSimulatedDiscord } from "../../../supervisor/revive-simulated-discord.ts";
import { SimulatedDiscord } from "../../../supervisor/simulated-discord.ts";
import { type CommandContext, paintOf, print } from "../../command-context.ts";
import { selectedAccount, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { gatewayPresence } from "../../find-gateway.ts";
import { needsGateway, type Shell, showFromGateway, withGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { up } from "../up.ts";
import {
  type CredentialFlags,
  type PlanFlags,
  planOf,
  tokenOf,
  withCredential,
  withPlan,
} from "./account-options.ts";
import { appliedAnswer } from "./applied-answer.ts";
import type { DialogueWishes } from "./dialogue.ts";
import { DiscordSetup } from "./discord-setup.ts";

interface Flags extends CredentialFlags, PlanFlags {
  readonly interactive?: boolean;
  readonly simulated?: boolean;
  readonly apiBase?: string;
  readonly verifyChannelId?: string;
  readonly confirmOpenGuildChannels?: boolean;
  readonly yes?: boolean;
}

/** Adds `palyra channels add`: a dialogue on a terminal, else everything from options. */
export function addAdd(channels: Command, shell: Shell): void {
  const add = withPlan(
    withCredential(
      needsGateway(
        withSelector(channels.command("add").description("connect an account, step by step on a terminal")),
      ),
    ),
  )
    .option("--interactive", "insist on the dialogue")
    .addOption(new Option("--mode <mode>", "where the gateway is").choices(["local"]).default("local"))
    .option("--simulated", "use a simulated Discord on this machine, to try it without an account")
    .addOption(
      new Option("--api-base <url>", "base of a server compatible with Discord's REST API").conflicts(
        "simulated",
      ),
    )
    .option("--verify-channel-id <id>", "also look at the permissions in this channel")
    .option(
      "--confirm-open-guild-channels",
      "needed for the scope open_guild_channels: everybody can use the bot",
    )
    .option("--yes", "confirm everything that would be asked");
  withExamples(
    add,
    "palyra channels add discord",
    "palyra channels add discord --simulated",
    "palyra channels add --provider discord --account-id ops --credential-stdin --inbound-scope dm_only --start < token.txt",
  );
  add.action(async (named: string | undefined, given: Flags) => {
    const context = shell.context();
    const isNamed = given.accountId !== undefined || named?.includes(":") === true;
    const account = selectedAccount(named, given);
    if (asksPeople(context, given)) {
      await converse(context, {
        account: isNamed ? account : null,
        simulated: given.simulated ?? false,
        apiBase: given.apiBase ?? null,
        verifyChannelId: given.verifyChannelId ?? null,
        plan: planOf(given),
      });
      return;
    }
    const isConfirmed = (given.confirmOpenGuildChannels ?? false) || (given.yes ?? false);
    if (given.inboundScope === "open_guild_channels" && !isConfirmed) {
      throw new PalyraError("validation_error", "Everybody in every server the bot is in could use it.", {
        nextStep:
          "Add --confirm-open-guild-channels when you want that, or choose a narrower --inbound-scope.",
      });
    }
    const token = await tokenOf(context, given);
    const plan = planOf(given);
    await showFromGateway(
      shell,
      given,
      async (gateway) =>
        appliedAnswer(
          await new DiscordSetup(gateway).apply({
            account_id: account,
            plan,
            confirm_open_guild_channels: isConfirmed,
            timeout_ms: onboardingTimes.connectDefault,
            ...token,
            ...(given.apiBase === undefined ? {} : { api_base: given.apiBase }),
            ...(given.verifyChannelId === undefined ? {} : { verify_channel_id: given.verifyChannelId }),
          }),
        ),
      "Connecting",
    );
  });
}

/** @throws `validation_error` when the dialogue is insisted on where it cannot be */
function asksPeople({ terminal, json, plain }: CommandContext, given: Flags): boolean {
  const hasTerminal = terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
  const isScripted =
    given.credentialStdin === true || given.credentialPrompt === true || given.yes === true || json || plain;
  if (hasTerminal && !isScripted) return true;
  const insists =
    given.interactive === true ? "--interactive" : given.simulated === true ? "--simulated" : null;
  if (insists === null) return false;
  throw new PalyraError(
    "validation_error",
    `${insists} needs a terminal, and no other source of the token.`,
    {
      nextStep: `Leave ${insists} out, or --credential-stdin, --credential-prompt, --yes, --json and --plain.`,
    },
  );
}

async function converse(context: CommandContext, given: DialogueWishes): Promise<void> {
  const [{ intro, outro }, { DialogueScreen }, { connectDiscord }] = await Promise.all([
    import("@clack/prompts"),
    import("./dialogue-screen.ts"),
    import("./dialogue.ts"),
  ]);
  const { terminal, execPath, simulatorBundle } = context;
  const output = terminal.stdout;
  const screen = new DialogueScreen(terminal);
  const simulator = new SimulatedDiscord({ execPath, bundle: simulatorBundle });
  try {
    intro("Connect Discord", { output });
    const presence = await gatewayPresence(context);
    if (presence === "stopped") screen.say("The gateway is not running; it is started for this.");
    // One that nobody watches over would end in the middle of the questions.
    const ran = presence === "watched";
    const paint = paintOf(context);
    const simulatedDiscord = () => simulator.start();
    const { connector_id: id, preflight } = await withGateway(context, !ran, (gateway) =>
      connectDiscord({ screen, gateway, paint, simulatedDiscord }, given),
    );
    const simulated = await simulator.running;
    if (simulated !== null) await rememberSimulatedDiscord(context.stateRoot, simulated);
    outro(`“palyra channels status ${id}” shows how it is, “palyra channels logs ${id}” what happens.`, {
      output,
    });
    if (!ran && (await screen.agreed("Let the bot run in this terminal now?"))) {
      const { lingerSeconds, rotateDays } = defaultSettings;
      await up(context, {
        stopOnExit: false,
        revivesSimulation: simulated === null,
        settings: { lingerSeconds, rotateDays },
      });
    } else if (simulated !== null && (await screen.agreed("Let the simulated Discord go on until Ctrl-C?"))) {
      print(context, [visibleText(`${preflight.bot?.username ?? "The bot"} can be talked to until Ctrl-C.`)]);
      await context.interrupted();
    }
  } finally {
    simulator.dispose();
  }
}
