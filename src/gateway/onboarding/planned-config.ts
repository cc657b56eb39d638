import { parse, stringify, type TomlTable } from "smol-toml";
import { AccountId, type DiscordChannelConfig } from "../../contracts/gateway-config.ts";
import { OnboardingPlan } from "../../contracts/http-onboarding.ts";
import { PalyraError } from "../../platform/errors.ts";
import { type ParsedConfig, parseConfig } from "../parse-config.ts";
import { readConfigText } from "../read-config-text.ts";
import { accountSection, type SectionWish, writeAccount } from "./account-section.ts";

/** The configuration as it would be. */
export interface PlannedConfig {
  /** Whether the account is in the file already. */
  readonly isConfigured: boolean;
  /** Whether the file would change. */
  readonly changes: boolean;
  readonly parsed: ParsedConfig;
  /** The account's section in it, with its defaults. */
  readonly section: DiscordChannelConfig;
  /** The account's rule in it. */
  readonly plan: OnboardingPlan;
}

/**
 * Reads `palyra.toml` as it would be after an account was written into it. Writes nothing.
 * @throws `config_invalid` when the file is broken now, or would be
 */
export async function planConfig(file: string, account: string, wish: SectionWish): Promise<PlannedConfig> {
  const text = await readConfigText(file);
  await parseConfig(text, file);
  const now: TomlTable = parse(text);
  const planned: TomlTable = parse(text);
  writeAccount(planned, account, wish);
  const parsed = await parseConfig(stringify(planned), file);
  const section = parsed.config.channels.discord[AccountId.parse(account)];
  if (section === undefined) throw new PalyraError("internal_error", "The planned account is missing.");
  return {
    isConfigured: accountSection(now, account) !== null,
    changes: JSON.stringify(now) !== JSON.stringify(planned),
    parsed,
    section,
    plan: OnboardingPlan.strip().parse(section),
  };
}
