import path from "node:path";
import { Argument, type Command, Option } from "commander";
import { defaultProfileName } from "../contracts/profile-name.ts";
import { serviceKinds } from "../contracts/service-kinds.ts";
import type { ServiceKind } from "../contracts/services.ts";
import { defaultStateRoot, requireAbsolute } from "../platform/state-paths.ts";
import { defaultSettings } from "../supervisor/control-center-options.ts";
import type { Profile } from "../supervisor/profiles/profile-catalog.ts";
import { addApprovalCommands } from "./approval-commands.ts";
import { addChannelCommands } from "./channel-commands.ts";
import type { CommandContext, GlobalOptions } from "./command-context.ts";
import { addCompletion } from "./commands/completion.ts";
import { restart } from "./commands/restart.ts";
import { status } from "./commands/status.ts";
import { stop } from "./commands/stop.ts";
import { up } from "./commands/up.ts";
import { addConfigCommands } from "./config-commands.ts";
import { addDiagnosticCommands } from "./diagnostic-commands.ts";
import { withExamples } from "./examples.ts";
import { addProfiles, addTimeline, chosenProfile, managesProfiles } from "./history-and-profiles.ts";
import { addMessageCommands } from "./message-commands.ts";
import { serviceByName, wholeNumber } from "./option-values.ts";
import { PalyraCommand } from "./palyra-command.ts";
import type { ErrorStyle } from "./report-error.ts";
import { addSecretCommands } from "./secret-commands.ts";
import { type Shell, show } from "./shell.ts";
import type { Terminal } from "./terminal.ts";
import { visibleText } from "./visible-text.ts";
import { addWebhookCommands } from "./webhook-commands.ts";

interface GivenGlobals {
  readonly stateRoot?: string;
  readonly profile?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly outputFormat?: "text" | "json" | "ndjson";
  readonly color: boolean;
}

/** What the program needs to make the context of a command. */
export type ProgramHost = Omit<CommandContext, keyof GlobalOptions>;

/**
 * The `palyra` command line.
 * @param host where it runs
 * @param exitWith called with the exit code of a command that is not 0 but no error either
 */
export function createProgram(host: ProgramHost, exitWith: (code: number) => void): Command {
  const program = new PalyraCommand("palyra")
    .description("Runs your personal AI gateway and keeps it alive.")
    .version(host.version)
    .option("--state-root <folder>", "folder with all of Palyra's state (PALYRA_STATE_ROOT)")
    .option("--profile <name>", "profile to use instead of the chosen one (PALYRA_PROFILE)")
    .option("--json", "print JSON for programs")
    .option("--plain", "one record a line for programs, without colours and live screen")
    .addOption(
      new Option("--output-format <format>", "another spelling: json and ndjson are as --json").choices([
        "text",
        "json",
        "ndjson",
      ]),
    )
    .option("--no-color", "without colours, as with NO_COLOR")
    // Without “[options]”, which all have, the longest names leave room for what they do in 80 columns.
    .configureHelp({
      subcommandTerm: (command) =>
        [command.name(), ...command.aliases()].join("|") +
        ` ${command.usage()}`.replace(/ \[(options|command)\]/g, ""),
    })
    .configureOutput({
      writeOut: (text) => host.terminal.stdout.write(visibleText(text)),
      writeErr: (text) => host.terminal.stderr.write(visibleText(text)),
    })
    .exitOverride();

  let profile: Profile | null = null;
  program.hook("preAction", async (_, command) => {
    if (managesProfiles(command)) return;
    const given = program.opts<GivenGlobals>();
    profile = await chosenProfile({
      base: baseOf(given, host),
      named: given.profile,
      environment: host.terminal.env.PALYRA_PROFILE,
      isBaseNamed: given.stateRoot !== undefined,
    });
  });
  const context = (): CommandContext => {
    const given = program.opts<GivenGlobals>();
    return { ...host, terminal: inColour(host.terminal, given), ...globalsOf(given, host, profile) };
  };

  const shell: Shell = { context, exitWith };

  withExamples(program.command("up"), "palyra up", "palyra up --stop-on-exit", "palyra up --linger -1")
    .description("start the services and watch over them until Ctrl-C")
    .option("--stop-on-exit", "stop the services on Ctrl-C instead of leaving them for the linger time")
    .addOption(
      new Option("--linger <seconds>", "how long the services go on alone; -1 = until told")
        .argParser(wholeNumber(-1, 86_400))
        .default(defaultSettings.lingerSeconds),
    )
    .addOption(
      new Option("--rotate-days <days>", "age at which the services' tokens are replaced; 0 = never")
        .argParser(wholeNumber(0, 365))
        .default(defaultSettings.rotateDays),
    )
    .option("--browser <file>", "browser to use, an absolute path")
    .addOption(new Option("--gateway-port <port>", "this port or none").argParser(wholeNumber(1, 65_535)))
    .addOption(new Option("--browserd-port <port>", "this port or none").argParser(wholeNumber(1, 65_535)))
    .action(async (given: UpFlags) => {
      await up(context(), {
        stopOnExit: given.stopOnExit ?? false,
        revivesSimulation: true,
        settings: {
          lingerSeconds: given.linger,
          rotateDays: given.rotateDays,
          browserPath: given.browser === undefined ? null : requireAbsolute(given.browser, "--browser"),
          ports: { gateway: given.gatewayPort ?? null, browserd: given.browserdPort ?? null },
        },
      });
    });

  withExamples(program.command("status"), "palyra status", "palyra --json status")
    .description("show what runs and how it is")
    .action(async () => show(shell, status));

  addDiagnosticCommands(program, shell);

  withExamples(program.command("stop"), "palyra stop")
    .description("stop the services and keep them stopped")
    .action(async () => show(shell, stop));

  withExamples(program.command("restart"), "palyra restart", "palyra restart gateway")
    .description("stop the services and start them again")
    .addArgument(new Argument("[service]", serviceKinds.join(" or ")).argParser(serviceByName))
    .action(async (service: ServiceKind | undefined) =>
      show(shell, (given) => restart(given, service ?? null)),
    );

  addChannelCommands(program, shell);
  addMessageCommands(program, shell);
  addWebhookCommands(program, shell);
  addSecretCommands(program, shell);
  addConfigCommands(program, shell);
  addApprovalCommands(program, shell);
  addTimeline(program, shell);
  addProfiles(program, shell);
  addCompletion(program, shell);

  return program;
}

interface UpFlags {
  readonly stopOnExit?: boolean;
  readonly linger: number;
  readonly rotateDays: number;
  readonly browser?: string;
  readonly gatewayPort?: number;
  readonly browserdPort?: number;
}

/** Where the state of the default profile is, and beneath it that of the others. */
function baseOf({ stateRoot }: GivenGlobals, host: ProgramHost): string {
  return stateRoot === undefined
    ? defaultStateRoot(host.terminal.env)
    : requireAbsolute(path.resolve(stateRoot), "--state-root");
}

function globalsOf(given: GivenGlobals, host: ProgramHost, profile: Profile | null): GlobalOptions {
  const profileBase = baseOf(given, host);
  return {
    stateRoot: profile?.stateRoot ?? profileBase,
    profile: profile?.name ?? defaultProfileName,
    profileBase,
    json: wantsJson(given),
    plain: given.plain ?? false,
  };
}

/** How the errors of a program are to be told that has read its options, or as many of them as were right. */
export function errorStyleOf(program: Command, terminal: Terminal): ErrorStyle {
  const given = program.opts<GivenGlobals>();
  return { terminal: inColour(terminal, given), json: wantsJson(given), plain: given.plain ?? false };
}

function wantsJson({ json, outputFormat }: Pick<GivenGlobals, "json" | "outputFormat">): boolean {
  return json === true || (outputFormat !== undefined && outputFormat !== "text");
}

/** Whoever wants no colours is treated as if the environment said so. */
function inColour(terminal: Terminal, { color }: GivenGlobals): Terminal {
  return color ? terminal : { ...terminal, env: { ...terminal.env, NO_COLOR: "1" } };
}
