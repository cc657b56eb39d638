import path from "node:path";
import { Command, Option } from "commander";
import { defaultStateRoot, requireAbsolute } from "../platform/state-paths.ts";
import { defaultSettings } from "../supervisor/control-center-options.ts";
import type { CommandContext, GlobalOptions } from "./command-context.ts";
import { setSecret } from "./commands/set-secret.ts";
import { status } from "./commands/status.ts";
import { stop } from "./commands/stop.ts";
import { up } from "./commands/up.ts";
import { addDiagnosticCommands } from "./diagnostic-commands.ts";
import { wholeNumber } from "./option-values.ts";
import { visibleText } from "./visible-text.ts";

interface GivenGlobals {
  readonly stateRoot?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
}

/** What the program needs to make the context of a command. */
export type ProgramHost = Omit<CommandContext, keyof GlobalOptions>;

/**
 * The `palyra` command line.
 * @param host where it runs
 * @param exitWith called with the exit code of a command that is not 0 but no error either
 */
export function createProgram(host: ProgramHost, exitWith: (code: number) => void): Command {
  const program = new Command("palyra")
    .description("Runs your personal AI gateway and keeps it alive.")
    .version(host.version)
    .option("--state-root <folder>", "folder with all of Palyra's state (PALYRA_STATE_ROOT)")
    .option("--json", "print JSON for programs")
    .option("--plain", "no colours and no live screen")
    .showHelpAfterError("(add --help for more information)")
    .configureOutput({
      writeOut: (text) => host.terminal.stdout.write(visibleText(text)),
      writeErr: (text) => host.terminal.stderr.write(visibleText(text)),
    })
    .exitOverride();

  const context = (): CommandContext => ({ ...host, ...globalsOf(program.opts<GivenGlobals>(), host) });

  program
    .command("up")
    .description("start the services and watch over them until Ctrl-C")
    .option("--stop-on-exit", "stop the services on Ctrl-C instead of leaving them for the linger time")
    .addOption(
      new Option("--linger <seconds>", "how long the services go on alone; -1 = until told")
        .argParser(wholeNumber(-1, 86_400))
        .default(defaultSettings.lingerSeconds),
    )
    .option("--browser <file>", "browser to use, an absolute path")
    .addOption(new Option("--gateway-port <port>", "this port or none").argParser(wholeNumber(1, 65_535)))
    .addOption(new Option("--browserd-port <port>", "this port or none").argParser(wholeNumber(1, 65_535)))
    .action(async (given: UpFlags) => {
      await up(context(), {
        stopOnExit: given.stopOnExit ?? false,
        settings: {
          lingerSeconds: given.linger,
          browserPath: given.browser === undefined ? null : requireAbsolute(given.browser, "--browser"),
          ports: { gateway: given.gatewayPort ?? null, browserd: given.browserdPort ?? null },
        },
      });
    });

  program
    .command("status")
    .description("show what runs and how it is")
    .action(async () => exitWith(await status(context())));

  addDiagnosticCommands(program, context, exitWith);

  program
    .command("stop")
    .description("stop the services and keep them stopped")
    .action(async () => {
      await stop(context());
    });

  program
    .command("secrets")
    .description("manage secrets")
    .command("set")
    .description("store a secret, read from standard input or typed without being shown")
    .argument("<ref>", "name of the secret, e.g. global/discord_bot_token")
    .action(async (ref: string) => {
      await setSecret(context(), ref);
    });

  return program;
}

interface UpFlags {
  readonly stopOnExit?: boolean;
  readonly linger: number;
  readonly browser?: string;
  readonly gatewayPort?: number;
  readonly browserdPort?: number;
}

function globalsOf(given: GivenGlobals, host: ProgramHost): GlobalOptions {
  return {
    stateRoot:
      given.stateRoot === undefined
        ? defaultStateRoot(host.terminal.env)
        : requireAbsolute(path.resolve(given.stateRoot), "--state-root"),
    json: given.json ?? false,
    plain: given.plain ?? false,
  };
}
