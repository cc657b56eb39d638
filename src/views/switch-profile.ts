import * as vscode from "vscode";
import { NewProfileName } from "../contracts/profile.ts";
import { nameFault } from "../supervisor/profiles/profile-catalog.ts";
import type { ControlCenterHolder } from "./control-center-holder.ts";
import type { LogChannels } from "./log-channels.ts";
import { anyServiceActions } from "./service-actions.ts";
import type { Settings } from "./settings.ts";
import type { ViewStateSource } from "./view-state-source.ts";
import type { WindowProfile } from "./window-profile.ts";

/** What becomes of the services of the profile that is left. */
type Parting = "stop" | "leave";

/** The switch as a keybinding or a test asks for it; without it the user is asked. */
interface SwitchWish {
  readonly profile: string;
  readonly services: Parting;
}

export interface ProfileSwitchParts {
  readonly profile: WindowProfile;
  readonly holder: ControlCenterHolder;
  readonly source: ViewStateSource;
  readonly channels: LogChannels;
  readonly settings: () => Settings;
}

/**
 * Takes this window from one profile to another: lets go of the services of the old one or stops them, then
 * finds or starts those of the new one. Nothing of the old profile is carried over: the new control center has
 * another state root, other secrets and another redactor.
 */
export async function switchProfile(parts: ProfileSwitchParts, argument: unknown): Promise<void> {
  const wish = wishOf(argument) ?? (await askWish(parts));
  if (wish === null) return;
  const { profile, holder, channels } = parts;
  const next = await profile.catalog.get(wish.profile);
  if (next.name === profile.name && parts.source.state.center.kind === "open") return;
  if (wish.services === "stop" && runsServices(parts)) await (await holder.current()).stop();
  await profile.choose(next.name);
  // Lines of two profiles in one channel would be taken for one story.
  channels.dispose();
  await holder.reopen();
}

function wishOf(argument: unknown): SwitchWish | null {
  if (typeof argument !== "object" || argument === null) return null;
  const { profile, services } = argument as Partial<Record<keyof SwitchWish, unknown>>;
  if (typeof profile !== "string" || (services !== "stop" && services !== "leave")) return null;
  return { profile, services };
}

async function askWish(parts: ProfileSwitchParts): Promise<SwitchWish | null> {
  const profile = await askProfile(parts);
  if (profile === null) return null;
  if (profile === parts.profile.name || !runsServices(parts)) return { profile, services: "leave" };
  const services = await askParting(parts);
  return services === null ? null : { profile, services };
}

async function askProfile({ profile }: ProfileSwitchParts): Promise<string | null> {
  const { catalog, name: current } = profile;
  const create = { label: "$(add) Create a Profile…", description: "", detail: "", name: null };
  const items = (await catalog.list()).map(({ name, stateRoot }) => ({
    label: name,
    description: name === current ? "this window" : "",
    detail: stateRoot,
    name,
  }));
  const chosen = await vscode.window.showQuickPick([...items, create], {
    title: "Switch Profile",
    placeHolder: "Each profile has its own services, configuration, messages and secrets",
  });
  if (chosen === undefined) return null;
  if (chosen.name !== null) return chosen.name;
  const taken = new Set(items.map(({ name }) => name));
  const given = await vscode.window.showInputBox({
    title: "Create a Profile",
    prompt: "Name of the profile: lower-case letters, digits and hyphens",
    validateInput: (value) =>
      taken.has(value.trim()) ? "There is a profile of this name." : nameFault(value.trim()),
  });
  if (given === undefined || !NewProfileName.safeParse(given.trim()).success) return null;
  return (await catalog.create(given.trim(), Date.now())).name;
}

async function askParting({ profile, settings }: ProfileSwitchParts): Promise<Parting | null> {
  const { lingerSeconds } = settings();
  const time = lingerSeconds < 0 ? "until you stop them" : `for ${lingerSeconds} s`;
  const items: { label: string; detail: string; services: Parting }[] = [
    {
      label: "Let Them Go On",
      detail: `They go on ${time}, and longer where another window or terminal uses them.`,
      services: "leave",
    },
    {
      label: "Stop Them",
      detail: "They finish their work and stay stopped, also for other windows.",
      services: "stop",
    },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: `What becomes of the services of “${profile.name}”?`,
  });
  return chosen?.services ?? null;
}

function runsServices({ source }: ProfileSwitchParts): boolean {
  const { center } = source.state;
  return center.kind === "open" && anyServiceActions(center.snapshot).canStop;
}
