import { defaultProfileName } from "../../contracts/profile.ts";
import { PalyraError } from "../../platform/errors.ts";
import { StateRootInspector } from "../../supervisor/inspect-state-root.ts";
import { ProfileCatalog } from "../../supervisor/profiles/profile-catalog.ts";
import { type CommandContext, hostName, print } from "../command-context.ts";
import { visibleJson, visibleText } from "../visible-text.ts";

const catalogOf = ({ profileBase }: CommandContext): ProfileCatalog => new ProfileCatalog(profileBase);

/** `palyra profile list`: all profiles, with a mark at the one of this terminal. */
export async function listProfiles(context: CommandContext): Promise<void> {
  const catalog = catalogOf(context);
  const used = await catalog.terminalChoice();
  const profiles = await catalog.list();
  print(
    context,
    context.json
      ? [
          visibleJson({
            profiles: profiles.map(({ name, stateRoot }) => ({
              name,
              state_root: stateRoot,
              used: name === used,
            })),
          }),
        ]
      : profiles.map(
          ({ name, stateRoot }) =>
            `${name === used ? "*" : " "} ${name.padEnd(20)} ${visibleText(stateRoot)}`,
        ),
  );
}

/** `palyra profile create NAME`: an empty profile with a state root of its own. */
export async function createProfile(context: CommandContext, name: string): Promise<void> {
  const { stateRoot } = await catalogOf(context).create(name, Date.now());
  say(context, { created: name, state_root: stateRoot }, `The profile “${name}” is made: ${stateRoot}`);
}

/** `palyra profile use NAME`: commands in terminals use it from now on; windows keep theirs. */
export async function useProfile(context: CommandContext, name: string): Promise<void> {
  await catalogOf(context).chooseForTerminals(name);
  const sentence = `Commands in terminals use the profile “${name}” now. Windows keep theirs.`;
  say(context, { used: name }, sentence);
}

/** `palyra profile remove NAME --yes`: the profile and everything in it, when nothing runs in it. */
export async function removeProfile(context: CommandContext, name: string, sure: boolean): Promise<void> {
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
  say(context, { removed: name }, `The profile “${name}” is removed.`);
}

function say(context: CommandContext, facts: object, sentence: string): void {
  print(context, [context.json ? visibleJson(facts) : visibleText(sentence)]);
}
