import { defaultProfileName } from "../../contracts/profile-name.ts";
import { PalyraError } from "../../platform/errors.ts";
import { StateRootInspector } from "../../supervisor/inspect-state-root.ts";
import { ProfileCatalog } from "../../supervisor/profiles/profile-catalog.ts";
import { type CommandContext, hostName } from "../command-context.ts";
import type { Answer } from "../output/answer.ts";
import { record } from "../output/record.ts";
import { visibleText } from "../visible-text.ts";

const catalogOf = ({ profileBase }: CommandContext): ProfileCatalog => new ProfileCatalog(profileBase);

/** `palyra profile list`: all profiles, with a mark at the one of this terminal. */
export async function listProfiles(context: CommandContext): Promise<Answer> {
  const catalog = catalogOf(context);
  const used = await catalog.terminalChoice();
  const profiles = await catalog.list();
  const told = profiles.map(({ name, stateRoot }) => ({ name, state_root: stateRoot, used: name === used }));
  return {
    data: { profiles: told },
    records: told.map((one) => record("profile", one)),
    lines: () =>
      told.map((one) => `${one.used ? "*" : " "} ${one.name.padEnd(20)} ${visibleText(one.state_root)}`),
  };
}

/** `palyra profile create NAME`: an empty profile with a state root of its own. */
export async function createProfile(context: CommandContext, name: string): Promise<Answer> {
  const { stateRoot } = await catalogOf(context).create(name, Date.now());
  return said(
    "profile.create",
    { created: name, state_root: stateRoot },
    `The profile “${name}” is made: ${stateRoot}`,
  );
}

/** `palyra profile use NAME`: commands in terminals use it from now on; windows keep theirs. */
export async function useProfile(context: CommandContext, name: string): Promise<Answer> {
  await catalogOf(context).chooseForTerminals(name);
  const sentence = `Commands in terminals use the profile “${name}” now. Windows keep theirs.`;
  return said("profile.use", { used: name }, sentence);
}

/** `palyra profile remove NAME --yes`: the profile and everything in it, when nothing runs in it. */
export async function removeProfile(context: CommandContext, name: string, sure: boolean): Promise<Answer> {
  const catalog = catalogOf(context);
  const { stateRoot } = await catalog.get(name);
  if (name !== defaultProfileName) {
    if (!sure) {
      throw new PalyraError(
        "failed_precondition",
        `Removing “${name}” deletes its configuration, messages and secrets in ${stateRoot}.`,
        { nextStep: `Say “palyra profile remove ${name} --yes” if that is what you want.` },
      );
    }
    const client = { name: hostName, version: context.version, pid: process.pid };
    const { source } = await new StateRootInspector(stateRoot, client).inspect();
    if (source !== "nothing") {
      throw new PalyraError("conflict", `The profile “${name}” is in use.`, {
        nextStep: `Say “palyra --profile ${name} stop” and close the windows that show it, then try again.`,
      });
    }
  }
  await catalog.remove(name);
  return said("profile.remove", { removed: name }, `The profile “${name}” is removed.`);
}

function said(name: string, facts: Readonly<Record<string, string>>, sentence: string): Answer {
  return { data: facts, records: [record(name, facts)], lines: () => [visibleText(sentence)] };
}
