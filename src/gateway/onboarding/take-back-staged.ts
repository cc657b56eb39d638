import { isDeepStrictEqual } from "node:util";
import { parse, type TomlTable } from "smol-toml";
import { discordTokenRef } from "../../contracts/gateway-config.ts";
import { type StagedAccount, stagedTokenRef } from "../../contracts/staged-account.ts";
import { inTurn } from "../config-edit/edit-toml-file.ts";
import { editConfig } from "../edit-config.ts";
import { parseToml } from "../parse-config.ts";
import { accountSection, putAccount } from "./account-section.ts";
import { KeptFile } from "./kept-file.ts";
import { type OnboardingParts, storedSecret } from "./onboarding-parts.ts";
import { tokenDigest } from "./staged-note.ts";

/** What has to be done to a file so that it is as before a change that was cut short. */
export type FileStep =
  | { readonly kind: "nothing" }
  /** The very text before; null when there was no file. */
  | { readonly kind: "restore"; readonly text: string | null }
  /** Somebody else has changed the file too: only the account's section goes back to what it was. */
  | { readonly kind: "section"; readonly section: TomlTable | null };

/**
 * @param now the text of the file; null when it is missing
 * @throws a syntax error of smol-toml when the file is broken now
 */
export function fileStep({ account_id: account, file }: StagedAccount, now: string | null): FileStep {
  if (file === null || now === file.before) return { kind: "nothing" };
  if (now === file.after) return { kind: "restore", text: file.before };
  const sectionIn = (text: string | null): TomlTable | null => accountSection(parse(text ?? ""), account);
  // A section that is another one by now is the owner's own work, or never was written.
  if (!isDeepStrictEqual(sectionIn(now), sectionIn(file.after))) return { kind: "nothing" };
  return { kind: "section", section: sectionIn(file.before) };
}

/**
 * What has to be done to the stored token.
 * @param stored the one that is stored now, `before` the one that was replaced, as far as it is kept; null for none
 * @returns the token to be stored, null to remove it; undefined to leave it alone
 */
export function tokenStep(
  { token, token_digest: digest }: StagedAccount,
  { stored, before }: { readonly stored: string | null; readonly before: string | null },
): string | null | undefined {
  if (token === "unchanged" || stored === null || tokenDigest(stored) !== digest) return undefined;
  if (token === "new") return null;
  return before ?? undefined;
}

/**
 * Puts `palyra.toml` back. Doing it twice does no harm.
 * @throws `config_invalid` naming the line that makes the file unreadable now; as `editConfig`
 */
export async function putFileBack(configFile: string, note: StagedAccount): Promise<void> {
  const step = await inTurn(configFile, async () => {
    const { text } = await KeptFile.of(configFile);
    parseToml(text ?? "", configFile);
    const found = fileStep(note, text);
    if (found.kind === "restore") await new KeptFile(configFile, found.text).restore();
    return found;
  });
  if (step.kind === "section") {
    await editConfig(configFile, (document) => putAccount(document, note.account_id, step.section));
  }
}

/**
 * Puts the stored token back and forgets the one that was kept meanwhile. Doing it twice does no harm.
 * @returns whether the account's token is another one now
 * @throws when the control center cannot be asked or keeps nothing
 */
export async function putTokenBack(
  parts: Pick<OnboardingParts, "secrets">,
  note: StagedAccount,
  signal: AbortSignal,
): Promise<boolean> {
  const { account_id: account } = note;
  if (note.token === "unchanged") return false;
  const [ref, beforeRef] = [discordTokenRef(account), stagedTokenRef(account)];
  const before = note.token === "replaced" ? await storedSecret(parts, beforeRef, signal) : null;
  let changed = false;
  if (!note.done) {
    const wanted = tokenStep(note, { stored: await storedSecret(parts, ref, signal), before });
    if (wanted !== undefined) await parts.secrets.change(ref, wanted);
    changed = wanted !== undefined;
  }
  if (before !== null) await parts.secrets.change(beforeRef, null);
  return changed;
}
