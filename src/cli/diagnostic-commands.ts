import { Argument, type Command, Option } from "commander";
import { serviceKinds } from "../contracts/service-kinds.ts";
import { LogLevel, type ServiceKind } from "../contracts/services.ts";
import { requireAbsolute } from "../platform/state-paths.ts";
import { containsText } from "../supervisor/log-filter.ts";
import { resettable } from "../supervisor/reset/reset-state-root.ts";
import { doctor } from "./commands/doctor.ts";
import { logs } from "./commands/logs.ts";
import { type ResetTarget, reset } from "./commands/reset.ts";
import { supportBundle } from "./commands/support-bundle.ts";
import type { StartWishes } from "./doctor-host.ts";
import { withExamples } from "./examples.ts";
import { pastMoment, serviceByName, textPattern, wholeNumber } from "./option-values.ts";
import { type Shell, show } from "./shell.ts";

interface WishFlags {
  readonly browser?: string;
  readonly gatewayPort?: number;
  readonly browserdPort?: number;
}

interface LogOptions {
  readonly follow?: boolean;
  readonly level: LogLevel;
  readonly grep?: (line: string) => boolean;
  readonly since?: number;
}

/** Adds the commands that look into the system and repair it. */
export function addDiagnosticCommands(program: Command, shell: Shell): void {
  addLogs(program, shell);
  const checks = withWishes(program.command("doctor"));
  withExamples(checks, "palyra doctor", "palyra doctor --fix");
  checks
    .description("check everything and say what is wrong; exit code 1 when a check failed")
    .option("--fix", "make the repairs that are listed without it; each keeps a backup")
    .option("--yes", "do not ask before the repairs")
    .action(async (given: WishFlags & { fix?: boolean; yes?: boolean }) => {
      const flags = { ...wishesOf(given), fix: given.fix ?? false, yes: given.yes ?? false };
      shell.exitWith(await doctor(shell.context(), flags));
    });
  const bundle = withWishes(program.command("support-bundle"));
  withExamples(bundle, "palyra support-bundle --out bundle.zip");
  bundle
    .description("write a zip with checks, logs and configuration, without secrets and messages")
    .option("--out <file>", "where to write it; by default among the bundles of the state folder")
    .action(async (given: WishFlags & { out?: string }) => {
      await show(shell, (context) => supportBundle(context, given.out ?? null, wishesOf(given)));
    });
  const anew = program.command("reset");
  withExamples(anew, "palyra reset state --yes");
  anew
    .description("put a part back to its beginning; what was there is kept, but for secrets")
    .addArgument(new Argument("<what>", "what to reset").choices([...resettable, "secrets"]))
    .option("--yes", "do not ask")
    .action(async (target: ResetTarget, given: { yes?: boolean }) => {
      await show(shell, (context) => reset(context, target, given.yes ?? false));
    });
}

function addLogs(program: Command, shell: Shell): void {
  const command = program.command("logs");
  withExamples(command, "palyra logs", "palyra logs gateway -f", "palyra logs --since 2h --level warn");
  command
    .description("show recent log lines")
    .addArgument(new Argument("[service]", serviceKinds.join(" or ")).argParser(serviceByName))
    .option("-f, --follow", "go on with new lines until Ctrl-C")
    .addOption(
      new Option("--level <level>", "this level and those above").choices(LogLevel.options).default("debug"),
    )
    .addOption(new Option("--grep <pattern>", "lines that match a regular expression").argParser(textPattern))
    .addOption(
      new Option("--since <moment>", "lines since then: 90s, 10m, 2h, 7d, or a date").argParser(pastMoment),
    )
    .action(async (service: ServiceKind | undefined, given: LogOptions) => {
      await logs(shell.context(), {
        service: service ?? null,
        follow: given.follow ?? false,
        level: given.level,
        since: given.since ?? null,
        matches: given.grep ?? containsText(""),
      });
    });
}

/** The options of `palyra up` that change what is looked at. */
function withWishes(command: Command): Command {
  const port = (service: ServiceKind): Option =>
    new Option(`--${service}-port <port>`, "the port given to “palyra up”").argParser(wholeNumber(1, 65_535));
  return command
    .option("--browser <file>", "the browser given to “palyra up”")
    .addOption(port("gateway"))
    .addOption(port("browserd"));
}

function wishesOf({ browser, gatewayPort, browserdPort }: WishFlags): StartWishes {
  return {
    ports: { gateway: gatewayPort ?? null, browserd: browserdPort ?? null },
    browserPath: browser === undefined ? null : requireAbsolute(browser, "--browser"),
  };
}
