import { type Command, Option } from "commander";
import { defaultProfileName } from "../contracts/profile.ts";
import type { ServiceKind } from "../contracts/services.ts";
import { type TimelineLevel, timelineLevels } from "../contracts/timeline.ts";
import { type Profile, ProfileCatalog } from "../supervisor/profiles/profile-catalog.ts";
import type { CommandContext } from "./command-context.ts";
import { createProfile, listProfiles, removeProfile, useProfile } from "./commands/profile.ts";
import { timeline } from "./commands/timeline.ts";
import { pastMoment, serviceByName } from "./option-values.ts";

/** Adds `palyra timeline`. */
export function addTimeline(program: Command, context: () => CommandContext): void {
  program
    .command("timeline")
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
      await timeline(context(), {
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

/** Adds `palyra profile`. @param context may name a profile that is not there */
export function addProfiles(program: Command, context: () => CommandContext): void {
  const profile = program
    .command("profile")
    .description("manage profiles, each with a state folder of its own");
  profile
    .command("list")
    .description("show all profiles; * marks the one that terminals use")
    .action(async () => listProfiles(context()));
  profile
    .command("create")
    .description("make an empty profile")
    .argument("<name>", "lower-case letters, digits and hyphens")
    .action(async (name: string) => createProfile(context(), name));
  profile
    .command("use")
    .description("choose the profile that commands in terminals use")
    .argument("<name>")
    .action(async (name: string) => useProfile(context(), name));
  profile
    .command("remove")
    .description("delete a profile with its configuration, messages and secrets")
    .argument("<name>")
    .option("--yes", "do it without asking")
    .action(async (name: string, given: { yes?: boolean }) =>
      removeProfile(context(), name, given.yes ?? false),
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
