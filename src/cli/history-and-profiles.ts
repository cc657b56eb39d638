import { type Command, Option } from "commander";
import { defaultProfileName } from "../contracts/profile-name.ts";
import type { ServiceKind } from "../contracts/services.ts";
import { type TimelineLevel, timelineLevels } from "../contracts/timeline.ts";
import { type Profile, ProfileCatalog } from "../supervisor/profiles/profile-catalog.ts";
import { createProfile, listProfiles, removeProfile, useProfile } from "./commands/profile.ts";
import { timeline } from "./commands/timeline.ts";
import { withExamples } from "./examples.ts";
import { pastMoment, serviceByName } from "./option-values.ts";
import { type Shell, show } from "./shell.ts";

/** Adds `palyra timeline`. */
export function addTimeline(program: Command, shell: Shell): void {
  const command = program.command("timeline");
  withExamples(command, "palyra timeline --since 2h", "palyra timeline -f --level warn");
  command
    .description("show what happened in the last days")
    .addOption(
      new Option("--since <moment>", "events since then: 30m, 2h, 7d, or a date").argParser(pastMoment),
    )
    .addOption(new Option("--service <name>", "only what happened to this service").argParser(serviceByName))
    .addOption(
      new Option("--level <level>", "only this level and more serious ones")
        .choices([...timelineLevels])
        .default("info"),
    )
    .option("-f, --follow", "go on with new events until Ctrl-C")
    .action(async (given: TimelineFlags) => {
      await timeline(shell.context(), {
        since: given.since ?? null,
        service: given.service ?? null,
        level: given.level,
        follow: given.follow ?? false,
      });
    });
}

interface TimelineFlags {
  readonly since?: number;
  readonly service?: ServiceKind;
  readonly level: TimelineLevel;
  readonly follow?: boolean;
}

/** Adds `palyra profile`, whose context may name a profile that is not there. */
export function addProfiles(program: Command, shell: Shell): void {
  const profile = program
    .command("profile")
    .description("manage profiles, each with a state folder of its own");
  withExamples(profile.command("list"), "palyra profile list")
    .description("show all profiles; * marks the one that terminals use")
    .action(async () => show(shell, listProfiles));
  withExamples(profile.command("create"), "palyra profile create work")
    .description("make an empty profile")
    .argument("<name>", "lower-case letters, digits and hyphens")
    .action(async (name: string) => show(shell, (context) => createProfile(context, name)));
  withExamples(profile.command("use"), "palyra profile use work")
    .description("choose the profile that commands in terminals use")
    .argument("<name>")
    .action(async (name: string) => show(shell, (context) => useProfile(context, name)));
  withExamples(profile.command("remove"), "palyra profile remove work --yes")
    .description("delete a profile with its configuration, messages and secrets")
    .argument("<name>")
    .option("--yes", "do it without asking")
    .action(async (name: string, given: { yes?: boolean }) =>
      show(shell, (context) => removeProfile(context, name, given.yes ?? false)),
    );
}

/**
 * The profile a command works with: the one that is named, else that of `PALYRA_PROFILE`, else the one chosen
 * with `palyra profile use`. A state folder that is named outright stands for itself.
 * @throws `not_found`
 */
export async function chosenProfile(given: {
  readonly base: string;
  readonly named: string | undefined;
  readonly environment: string | undefined;
  readonly isBaseNamed: boolean;
}): Promise<Profile> {
  const catalog = new ProfileCatalog(given.base);
  const named = given.named ?? (given.environment?.trim() || undefined);
  if (named !== undefined) return await catalog.get(named);
  return await catalog.get(given.isBaseNamed ? defaultProfileName : await catalog.terminalChoice());
}

/** Whether a command manages profiles, and so must work whatever profile is chosen. */
export function managesProfiles(command: Command): boolean {
  return command.name() === "profile" || command.parent?.name() === "profile";
}
