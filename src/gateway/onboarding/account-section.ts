import type { TomlTable, TomlValue } from "smol-toml";
import { discordConnectorId } from "../../contracts/gateway-config.ts";
import { newAccountPlan, type OnboardingPlan } from "../../contracts/http-onboarding.ts";

/** What is wished for the section of an account. */
export interface SectionWish {
  /** Settings to be set; those left out stay. */
  readonly plan: OnboardingPlan;
  /** Undefined leaves it as it is. */
  readonly apiBase: string | undefined;
}

/** The section `[channels.discord.ACCOUNT]` of a parsed `palyra.toml`; null when there is none. */
export function accountSection(file: TomlTable, account: string): TomlTable | null {
  return tableIn(tableIn(tableIn(file, "channels"), "discord"), account);
}

/** Writes the wish into the document, in place, and switches the account on. A new section begins with `newAccountPlan`. */
export function writeAccount(file: TomlTable, account: string, { plan, apiBase }: SectionWish): void {
  const existing = accountSection(file, account);
  const section = existing ?? madeIn(madeIn(madeIn(file, "channels"), "discord"), account);
  if (section.enabled === false) section.enabled = true;
  if (apiBase !== undefined && section.api_base !== apiBase) section.api_base = apiBase;
  const wished: OnboardingPlan = existing === null ? { ...newAccountPlan, ...given(plan) } : given(plan);
  for (const [key, value] of Object.entries(wished)) section[key] = asToml(value);
}

/** Makes the section of an account what it was, in place; null takes it out. */
export function putAccount(file: TomlTable, account: string, section: TomlTable | null): void {
  if (section === null) removeSection(file, account);
  else madeIn(madeIn(file, "channels"), "discord")[account] = section;
}

/** Takes an account out of the document, in place, with the router's rules that are for it alone. */
export function removeAccount(file: TomlTable, account: string): void {
  removeSection(file, account);
  const router = tableIn(file, "router");
  if (router === null || !Array.isArray(router.channels)) return;
  const left = router.channels.filter((rule) => !isRuleOf(rule, discordConnectorId(account)));
  if (left.length === router.channels.length) return;
  if (left.length === 0) delete router.channels;
  else router.channels = left;
  if (Object.keys(router).length === 0) delete file.router;
}

/** Switches an account on or off. @returns false when it has no section */
export function switchAccount(file: TomlTable, account: string, enabled: boolean): boolean {
  const section = accountSection(file, account);
  if (section === null) return false;
  // On is the default: what does not say otherwise is left alone.
  if (!enabled || section.enabled === false) section.enabled = enabled;
  return true;
}

function removeSection(file: TomlTable, account: string): void {
  const channels = tableIn(file, "channels");
  const discord = tableIn(channels, "discord");
  if (channels === null || discord === null) return;
  delete discord[account];
  if (Object.keys(discord).length === 0) delete channels.discord;
  if (Object.keys(channels).length === 0) delete file.channels;
}

function isRuleOf(rule: TomlValue, connectorId: string): boolean {
  const { channel } = isTable(rule) ? rule : {};
  return typeof channel === "string" && channel.trim().toLowerCase() === connectorId;
}

function given(plan: OnboardingPlan): OnboardingPlan {
  return Object.fromEntries(Object.entries(plan).filter(([, value]) => value !== undefined));
}

/** Values of a plan are plain JSON, which TOML can say too. */
function asToml(value: OnboardingPlan[keyof OnboardingPlan]): TomlValue {
  return structuredClone(value) as TomlValue;
}

function madeIn(parent: TomlTable, key: string): TomlTable {
  const inner = tableIn(parent, key);
  if (inner !== null) return inner;
  const made: TomlTable = {};
  parent[key] = made;
  return made;
}

function tableIn(parent: TomlTable | null, key: string): TomlTable | null {
  const inner = parent?.[key];
  return inner !== undefined && isTable(inner) ? inner : null;
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}
